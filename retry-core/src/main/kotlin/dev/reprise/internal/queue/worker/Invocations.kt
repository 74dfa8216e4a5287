package dev.reprise.internal.queue.worker

import dev.reprise.RetryPolicy
import dev.reprise.internal.queue.CurrentCall
import dev.reprise.internal.queue.HandlerRegistration
import dev.reprise.internal.queue.NewCalls
import dev.reprise.internal.queue.QueueSettings
import dev.reprise.internal.queue.events.QueueEvents
import dev.reprise.internal.queue.use
import dev.reprise.policy.Decision
import dev.reprise.policy.FailedAttempt
import dev.reprise.policy.StopReason
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.CallFailedException
import dev.reprise.queue.model.CallOptions
import dev.reprise.queue.model.CallQueue
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.InvokeResult
import dev.reprise.queue.model.QueueException
import dev.reprise.queue.model.RejectException
import dev.reprise.queue.model.ResultNotStoredException
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.CallCounters
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.accepted
import dev.reprise.queue.spi.requireFutureDeadline
import dev.reprise.queue.spi.toCall
import dev.reprise.queue.spi.toDelayMillis
import dev.reprise.retry
import dev.reprise.run.RetryOutcome
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.withContext
import kotlin.time.AbstractLongTimeSource
import kotlin.time.Duration
import kotlin.time.DurationUnit

/** Calls whose first attempt the caller makes. */
internal class Invocations(
    private val queue: CallQueue,
    private val settings: QueueSettings,
    private val store: CallStore,
    private val newCalls: NewCalls,
    private val events: QueueEvents,
    private val lifecycle: QueueLifecycle,
) {
    private val clock get() = store.clock
    private val timeSource =
        object : AbstractLongTimeSource(DurationUnit.MILLISECONDS) {
            override fun read() = clock.millis()
        }

    /** All attempts by the caller, nothing stored. */
    suspend fun <Q, R> invoke(
        target: Target<Q, R>,
        request: Q,
        policy: RetryPolicy,
        options: CallOptions.() -> Unit,
    ): R {
        val call = unstored(newCall(target, request, options))
        val outcome =
            retryOf(policy).outcome {
                attempt(target, call.copy(counters = CallCounters(attempts = number - 1)), request)
            }
        return when (outcome) {
            is RetryOutcome.Success -> outcome.value
            is RetryOutcome.Failure -> throw CallFailedException(call.cid, outcome.report.attempts, outcome.report.recentFailures, "failed")
        }
    }

    /** A call to a handler that is registered here, of a queue that is open. */
    private suspend fun <Q> newCall(
        target: Target<Q, *>,
        request: Q,
        options: CallOptions.() -> Unit,
    ): NewCall {
        val caller = caller()
        lifecycle.requireOpen(caller)
        settings.registration(target.name)
        return newCalls.create(target, request, caller, options)
    }

    private fun retryOf(policy: RetryPolicy) =
        retry {
            policy(policy)
            testing { random(settings.random).timeSource(timeSource) }
        }

    /** The first attempt by the caller, the others in the background. */
    suspend fun <Q, R> invokeOrDefer(
        target: Target<Q, R>,
        request: Q,
        block: CallOptions.() -> Unit,
    ): InvokeResult<R> {
        val new = newCall(target, request, block)
        new.requireFutureDeadline(clock.millis())
        val failure =
            try {
                return InvokeResult.Completed(attempt(target, unstored(new), request))
            } catch (e: Throwable) {
                currentCoroutineContext().ensureActive()
                e
            }
        val delay = delayAfter(unstored(new), failure)
        val error = settings.failures.record(failure, 1, null)
        return InvokeResult.Deferred(defer(new.copy(delayMillis = delay.toDelayMillis(), firstFailure = error), failure))
    }

    /** Enqueues a call whose first attempt ended with [failure], which is not lost if this fails as well. */
    private suspend fun defer(
        call: NewCall,
        failure: Throwable,
    ): String =
        try {
            val (accepted) = events.enqueued(listOf(call), store.enqueue(listOf(call)))
            accepted.cid
        } catch (e: QueueException) {
            throw e.apply { addSuppressed(failure) }
        }

    /**
     * The delay before the second attempt. A failure that the policy does not retry is thrown unchanged, and a rejection as the end of the
     * call that it is.
     */
    private fun delayAfter(
        call: StoredCall,
        failure: Throwable,
    ): Duration {
        val first = FailedAttempt(1, Duration.ZERO, failure)
        if (failure is RejectException) throw CallFailedException(call.cid, 1, listOf(failure.cause ?: failure), "died (REJECTED)")
        val policy = checkNotNull(settings.policies.find(call)) { "the policy '${call.request.policy}' cannot be parsed" }
        return when (val decision = policy.session(settings.random).decide(first)) {
            is Decision.RetryAfter -> decision.delay
            is Decision.GiveUp -> if (decision.stopReason == StopReason.NOT_RETRYABLE) throw failure else Duration.ZERO
        }
    }

    /** The same, with the call stored before the first attempt, as claimed by this worker. */
    suspend fun <Q, R> persistFirst(
        target: Target<Q, R>,
        request: Q,
        block: CallOptions.() -> Unit,
    ): InvokeResult<R> {
        val open = newCall(target, request, block)
        val worker = lifecycle.requireWorker(caller())
        val new = open.copy(claimedBy = worker.leases.fresh())
        worker.firstAttempts.update { it + 1 }
        try {
            val (cid, claimed) = enqueueClaimed(worker, new)
            val end = claimed?.let { CallerAttempt(worker).make(it) } ?: return InvokeResult.Deferred(cid)
            if (end.to == CallState.DEAD) throw end.asFailure()
            if (end.to == CallState.SUCCEEDED && end.response == null) {
                throw ResultNotStoredException(cid, end.error?.toFailure())
            }
            val response = end.response ?: return InvokeResult.Deferred(cid)
            return InvokeResult.Completed(target.response.decode(response.bytes, response.version))
        } finally {
            worker.firstAttempts.update { it - 1 }
        }
    }

    private fun Settlement.asFailure() =
        CallFailedException(
            call.cid,
            call.counters.plus(result).attempts,
            listOfNotNull(error).map { it.toFailure() },
            "died ($deadReason)",
        )

    /** The id of the call, and the call itself if the caller makes its first attempt. */
    private suspend fun enqueueClaimed(
        worker: QueueWorker,
        new: NewCall,
    ): Pair<String, ClaimedCall?> {
        worker.inFlight.expect(new.cid)
        try {
            val localNow = clock.millis()
            val accepted = events.enqueued(listOf(new), worker.access.once { enqueue(listOf(new)) }).single()
            val call = accepted.claim?.let { worker.access.once { find(accepted.cid) } }
            if (call == null) worker.inFlight.forget(new.cid) else worker.inFlight.add(call.cid, accepted.claim)
            if (call != null) events.claimed(call)
            return accepted.cid to call?.let { ClaimedCall(it, accepted.claim.at, localNow, clock) }
        } catch (e: Throwable) {
            // It can have been stored nevertheless; then it is released.
            worker.inFlight.forget(new.cid)
            worker.responseLost()
            throw e
        }
    }

    @Suppress("UNCHECKED_CAST")
    private suspend fun <Q, R> attempt(
        target: Target<Q, R>,
        call: StoredCall,
        request: Q,
    ): R {
        val registration = settings.registration(target.name) as HandlerRegistration<Q, R>
        val current = CurrentCall(call.cid, call.handler, call.nextAttempt)
        return withContext(current.context) {
            registration.source.use {
                val run = WorkerRun(current, clock, timesOutAt = null, endsAt = null, claimed = null)
                it.code(CallContext(call.toCall(), call.nextAttempt, queue, run), request)
            }
        }
    }

    private fun unstored(new: NewCall): StoredCall = new.accepted(System.currentTimeMillis(), 0, isHead = true)

    private suspend fun caller() = CurrentCall.current()
}

/** The first attempt of a call that was stored as claimed by this worker, in the coroutine of the caller. */
private class CallerAttempt(
    private val worker: QueueWorker,
) {
    /**
     * Returns how it ended when that is written; null if that was not accepted. A caller that is cancelled leaves the call to the queue, which
     * also writes its end then.
     */
    suspend fun make(claimed: ClaimedCall): Settlement? {
        val written = CompletableDeferred<SettleResult?>()
        var settlement = worker.settlements.released(claimed.call)
        try {
            settlement = coroutineScope { worker.executor.run(claimed, this) }
        } finally {
            withContext(NonCancellable) { worker.settle(settlement, claimed.now) { written.complete(it) } }
        }
        return settlement.takeIf { written.await() == SettleResult.ACCEPTED }
    }
}
