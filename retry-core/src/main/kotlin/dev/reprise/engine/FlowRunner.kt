package dev.reprise.engine

import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.FlowCollector
import kotlinx.coroutines.flow.flow
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.cancellation.CancellationException

/** The loop around the collection of a flow: that of the suspending runner, with the collector downstream told apart from the flow. */
internal object FlowRunner {
    fun <T> of(
        upstream: Flow<T>,
        retry: Retry,
    ): Flow<T> = flow { FlowRun(retry, upstream, this).run() }
}

/** One collection. */
private class FlowRun<T>(
    private val retry: Retry,
    private val upstream: Flow<T>,
    private val downstream: FlowCollector<T>,
) {
    /** Nested runs do not see this one: a flow must emit in the context in which it is collected. */
    private val scope = RunScope(null, retry.nested)
    private var fromDownstream: Throwable? = null

    suspend fun run() {
        val context = currentCoroutineContext()
        val last =
            retry.attempts { attempt ->
                val end = AttemptGuard<Unit>(attempt, EmptyCoroutineContext).run { collect(attempt) }
                if (end is AttemptEnd.Returned) return@attempts null
                val failure = (end as? AttemptEnd.Threw)?.failure
                attempt.throwIfFromDownstream(failure)
                context.throwIfCancelled(failure)
                (failure as? RejectedElement)?.next ?: attempt.next(end, scope)
            }
        if (last.isOver) last.conclude<T>().let { if (it is RetryOutcome.Success) downstream.emit(it.value) else it.getOrThrow() }
    }

    /** What the collector throws is its own affair: the run ends there, as if it had been cancelled. */
    private fun Attempt.throwIfFromDownstream(failure: Throwable?) {
        if (failure == null || failure !== fromDownstream) return
        if (failure !is CancellationException) tellCancelled()
        throw failure
    }

    private suspend fun collect(attempt: Attempt) {
        upstream.collect { element ->
            attempt.returned(element, scope)?.let { throw RejectedElement(it) }
            try {
                downstream.emit(element)
            } catch (e: Throwable) {
                fromDownstream = e
                throw e
            }
        }
    }
}

/** Leaves a collection because of an element that a rule rejects; [next] is what follows. */
private class RejectedElement(
    val next: Attempt,
) : RuntimeException(null, null, false, false)
