package dev.reprise.internal.engine

import dev.reprise.internal.util.isControlFlow
import dev.reprise.internal.util.safeCause
import dev.reprise.internal.util.suppress
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

/** The loop around the collection of a flow: that of the suspending runner, which distinguishes the collector downstream from the flow. */
internal object FlowLoop {
    fun <T> of(
        upstream: Flow<T>,
        config: RunConfig,
        startsOver: Boolean,
    ): Flow<T> =
        flow {
            val current = config.current()
            try {
                FlowRun(current, startsOver, upstream, this, currentCoroutineContext()[RunContext]).run()
            } finally {
                current.runEnded()
            }
        }
}

/** One collection. */
private class FlowRun<T>(
    private val config: RunConfig,
    private val startsOver: Boolean,
    private val upstream: Flow<T>,
    private val downstream: FlowCollector<T>,
    outer: RunContext?,
) {
    /** It knows the run around it, but runs inside do not know it: a flow must emit in the context in which it is collected. */
    private val run = RunContext(outer, config)

    /** What the collector threw. */
    private var fromDownstream: Throwable? = null

    /** True if the attempt has emitted an element. */
    private var hasEmitted = false

    /** What the collector threw when it finished early. */
    private var enough: Throwable? = null

    suspend fun run() {
        val context = currentCoroutineContext()
        val last =
            config.attempts(run) { attempt ->
                hasEmitted = false
                // A collection that ends after its cancellation can have lost elements.
                val scope = AttemptScope<Unit>(attempt, EmptyCoroutineContext, keepsLate = false)
                val end = scope.run { collect(attempt, if (scope.hasLimits) context else null) }
                if (end is AttemptEnd.Returned) return@attempts null
                if (fromDownstream != null && attempt.hasEnough(end)) return@attempts null
                context.ensureActive()
                end.rejection()?.next ?: attempt.counted().next(end)
            }
        if (last.isOver) return emitLast(last)
        enough?.let { throw it }
    }

    private suspend fun emitLast(over: RunAttempt) =
        when (val outcome = over.complete<T>(isSuspending = true)) {
            is RetryOutcome.Success -> downstream.emit(outcome.value)
            is RetryOutcome.Failure -> throw outcome.failure
        }

    /**
     * True if the collector finished early, as `first()` and `take(n)` do: a success. Anything else that it throws is its
     * own failure: the run ends there, as if it had been cancelled.
     *
     * It is thrown as the collector threw it, not as the flow passed it on: that can be a copy with a recovered stack trace. If the flow
     * then fails as well, neither failure is lost.
     */
    private fun RunAttempt.hasEnough(end: AttemptEnd<*>): Boolean {
        val collector = checkNotNull(fromDownstream)
        val flow = (end as? AttemptEnd.Threw)?.failure?.takeUnless { it.isCopyOf(collector) }
        if (flow == null && collector.isControlFlow()) return true.also { enough = collector }
        val leaving = if (flow == null || flow is CancellationException) collector else flow
        if (flow != null) leaving.suppress(if (leaving === flow) collector else flow)
        if (leaving !is CancellationException) notifyCancelled()
        throw leaving
    }

    /** This attempt, or the first one of a new count. */
    private fun RunAttempt.counted() = if (startsOver && hasEmitted) startOver() else this

    /** Passes the elements on; in [unlimited], if it is set, so that a collector finishes its element when the attempt is cancelled. */
    private suspend fun collect(
        attempt: RunAttempt,
        unlimited: CoroutineContext?,
    ) {
        upstream.collect { element ->
            currentCoroutineContext().ensureActive()
            attempt.counted().returned(element)?.let { throw RejectedElement(it) }
            try {
                if (unlimited == null) downstream.emit(element) else emit(element, unlimited)
            } catch (e: Throwable) {
                fromDownstream = e
                throw e
            }
            hasEmitted = true
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

private fun Throwable.isCopyOf(original: Throwable) = this === original || (javaClass == original.javaClass && safeCause === original)

private fun AttemptEnd<*>.rejection(): RejectedElement? = (this as? AttemptEnd.Threw)?.failure as? RejectedElement

/** Leaves a collection because of an element that a rule rejects; [next] is what follows. */
private class RejectedElement(
    val next: RunAttempt,
) : RuntimeException(null, null, false, false)
