package dev.reprise.internal.util

import java.lang.reflect.InvocationTargetException
import java.lang.reflect.UndeclaredThrowableException
import java.nio.channels.ClosedByInterruptException
import java.util.concurrent.CompletionException
import java.util.concurrent.ExecutionException

/** Longer chains of causes than this are taken to be circular. */
private const val LONGEST_CHAIN = 64

/** The failure and its causes, outermost first; ends after [LONGEST_CHAIN], because a chain may bite its tail. */
internal fun Throwable.chain(): Sequence<Throwable> = generateSequence(this) { it.cause }.take(LONGEST_CHAIN)

/** What really failed: the first of the chain that is not one of the JDK's envelopes. */
internal fun Throwable.peeled(): Throwable {
    var inner = this
    var depth = 0
    while (inner.isEnvelope() && depth++ < LONGEST_CHAIN) inner = inner.cause ?: return inner
    return inner
}

private fun Throwable.isEnvelope(): Boolean =
    this is CompletionException || this is ExecutionException || this is InvocationTargetException || this is UndeclaredThrowableException

/** True if a thread was interrupted: such a failure is never retried, however it is wrapped. */
internal fun Throwable.isInterruption(): Boolean {
    var inner: Throwable? = this
    var depth = 0
    while (inner != null && depth++ < LONGEST_CHAIN) {
        if (inner is InterruptedException || inner is ClosedByInterruptException) return true
        inner = inner.cause
    }
    return false
}
