package dev.reprise.internal.engine

import dev.reprise.run.RetryOutcome
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector
import kotlinx.coroutines.flow.flow
import kotlin.coroutines.Continuation
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.cancellation.CancellationException
import kotlin.coroutines.intrinsics.startCoroutineUninterceptedOrReturn
import kotlin.coroutines.intrinsics.suspendCoroutineUninterceptedOrReturn

/** The loop around the collection of a flow: that of the suspending runner, with the collector downstream told apart from the flow. */
internal object FlowLoop {
    fun <T> of(
        upstream: Flow<T>,
        config: RunConfig,
    ): Flow<T> = flow { FlowRun(config, upstream, this, currentCoroutineContext()[RunContext]).run() }
}

/** One collection. */
private class FlowRun<T>(
    private val config: RunConfig,
    private val upstream: Flow<T>,
    private val downstream: FlowCollector<T>,
    outer: RunContext?,
) {
    /** It sees the run around it, but runs inside do not see it: a flow must emit in the context in which it is collected. */
    private val run = RunContext(outer, config)
    private var fromDownstream: Throwable? = null

    suspend fun run() {
        val context = currentCoroutineContext()
        val last =
            config.attempts(run) { attempt ->
                // A collection that ends after its cut may have lost elements.
                val guard = AttemptScope<Unit>(attempt, EmptyCoroutineContext, keepsLate = false)
                val end = guard.run { collect(attempt, if (guard.cuts) context else null) }
                if (end is AttemptEnd.Returned) return@attempts null
                attempt.throwIfFromDownstream()
                context.ensureActive()
                end.rejection()?.next ?: attempt.next(end)
            }
        if (last.isOver) last.complete<T>().let { if (it is RetryOutcome.Success) downstream.emit(it.value) else it.getOrThrow() }
    }

    /**
     * What the collector throws is its own affair: the run ends there, as if it had been cancelled. It leaves as the collector threw it,
     * not as it came out of the flow: there it may be a copy with a recovered stack trace.
     */
    private fun RunAttempt.throwIfFromDownstream() {
        val failure = fromDownstream ?: return
        if (failure !is CancellationException) notifyCancelled()
        throw failure
    }

    /** Passes the elements on; in [uncut], where it is given, so that a cut lets the collector finish its element. */
    private suspend fun collect(
        attempt: RunAttempt,
        uncut: CoroutineContext?,
    ) {
        upstream.collect { element ->
            currentCoroutineContext().ensureActive()
            attempt.returned(element)?.let { throw RejectedElement(it) }
            try {
                if (uncut == null) downstream.emit(element) else emit(element, uncut)
            } catch (e: Throwable) {
                fromDownstream = e
                throw e
            }
        }
    }

    private suspend fun emit(
        element: T,
        context: CoroutineContext,
    ): Unit =
        suspendCoroutineUninterceptedOrReturn { inner ->
            suspend { downstream.emit(element) }.startCoroutineUninterceptedOrReturn(Continuation(context, inner::resumeWith))
        }
}

private fun AttemptEnd<*>.rejection(): RejectedElement? = (this as? AttemptEnd.Threw)?.failure as? RejectedElement

/** Leaves a collection because of an element that a rule rejects; [next] is what follows. */
private class RejectedElement(
    val next: RunAttempt,
) : RuntimeException(null, null, false, false)
