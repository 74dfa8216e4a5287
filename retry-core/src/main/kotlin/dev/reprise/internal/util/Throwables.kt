package dev.reprise.internal.util

import kotlinx.coroutines.TimeoutCancellationException
import java.lang.reflect.InvocationTargetException
import java.lang.reflect.UndeclaredThrowableException
import java.nio.channels.ClosedByInterruptException
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletionException
import java.util.concurrent.ExecutionException
import java.util.concurrent.RejectedExecutionException

/** Chains of causes that are longer than this count as circular. */
private const val LONGEST_CHAIN = 64

/** How much of the text of a user's object is kept. */
private const val LONGEST_TEXT = 200

/** The failure and its causes, outermost first; ends after [LONGEST_CHAIN], because a chain can be circular. */
internal fun Throwable.chain(): Sequence<Throwable> = generateSequence(this) { it.safeCause }.take(LONGEST_CHAIN)

/** The failure of a stage, without the envelope that later stages put around it. */
internal fun Throwable.fromStage(): Throwable = if (this is CompletionException) safeCause ?: this else this

/** The rejection by an executor that is full or shut down, which cancels the coroutine that it should have run. */
internal fun Throwable.rejectionBehind(): RejectedExecutionException? =
    if (this is CancellationException) chain().firstNotNullOfOrNull { it as? RejectedExecutionException } else null

/** This value, which [source] returned and which must be a [type]. */
internal fun <T : Any> T?.returnedBy(
    source: String,
    type: String,
): T = this ?: throw NullPointerException("$source returned null; it must return a $type")

/** The actual failure: the first of the chain that is not an envelope. */
internal fun Throwable.peeled(): Throwable = peeled { it.isInstance(this) }

/** The actual failure, where [isOf] decides of which class a failure is. */
internal inline fun Throwable.peeled(isOf: Throwable.(Class<out Throwable>) -> Boolean): Throwable {
    var inner = this
    var depth = 0
    while (inner.isEnvelope(isOf) && depth++ < LONGEST_CHAIN) inner = inner.safeCause ?: return inner
    return inner
}

/** True for envelopes: exceptions that only report another one, thrown elsewhere. */
internal fun Throwable.isEnvelope(): Boolean = isEnvelope { it.isInstance(this) }

/** The one list of envelopes; the guide prints it. */
private inline fun Throwable.isEnvelope(isOf: Throwable.(Class<out Throwable>) -> Boolean): Boolean =
    isOf(CompletionException::class.java) || isOf(ExecutionException::class.java) ||
        isOf(InvocationTargetException::class.java) || isOf(UndeclaredThrowableException::class.java)

/**
 * True if the thread that threw this was interrupted: such a failure is never retried, however it is wrapped. The cause of an
 * `ExecutionException` or a `CompletionException` happened to another thread.
 */
internal fun Throwable.isInterruption(): Boolean = isInterruption { it.isInstance(this) }

/** True if the thread that threw this was interrupted, where [isOf] decides of which class a failure is. */
internal inline fun Throwable.isInterruption(isOf: Throwable.(Class<out Throwable>) -> Boolean): Boolean {
    var inner: Throwable? = this
    var depth = 0
    while (inner != null && depth++ < LONGEST_CHAIN) {
        if (inner.isOf(InterruptedException::class.java) || inner.isOf(ClosedByInterruptException::class.java)) return true
        if (inner.isOf(ExecutionException::class.java) || inner.isOf(CompletionException::class.java)) return false
        inner = inner.safeCause
    }
    return false
}

/** True for cancellations, apart from `withTimeout`'s, which is a failure like any other. */
internal fun Throwable.isCancellation(): Boolean = isCancellation { it.isInstance(this) }

/** True for cancellations, where [isOf] decides of which class a failure is. */
internal inline fun Throwable.isCancellation(isOf: Throwable.(Class<out Throwable>) -> Boolean): Boolean =
    isOf(CancellationException::class.java) && !isOf(TimeoutCancellationException::class.java)

/**
 * True for a cancellation by which another library leaves its own scope, such as Arrow's `raise` or the `first()` of a flow: it has to reach
 * that scope unchanged. Cancellations of jobs and futures do not count, and neither do our own.
 */
internal fun Throwable.isControlFlow(): Boolean {
    if (this !is CancellationException || javaClass == CancellationException::class.java) return false
    val home = javaClass.packageName
    return home != "kotlinx.coroutines" && !home.startsWith("dev.reprise.")
}

/** Suppresses [other] in this one, unless one of its class is suppressed already: a failure that is thrown repeatedly must not grow. */
internal fun Throwable.suppress(other: Throwable) {
    if (other === this) return
    synchronized(this) {
        if (suppressed.none { it.javaClass == other.javaClass }) addSuppressed(other)
    }
}

/** The text of a user's object, whose `toString` can throw or be very long; call it only through this. */
internal fun Any?.describe(): String {
    val text =
        try {
            toString()
        } catch (e: Throwable) {
            "${this?.javaClass?.name} (its toString threw ${e.javaClass.name})"
        }
    return if (text.length <= LONGEST_TEXT) text else text.take(LONGEST_TEXT) + "…"
}

/** The cause, or null if its getter throws. */
internal val Throwable.safeCause: Throwable?
    get() =
        try {
            cause
        } catch (_: Throwable) {
            null
        }
