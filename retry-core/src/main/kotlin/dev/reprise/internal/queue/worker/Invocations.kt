package dev.reprise.internal.queue.worker

import dev.reprise.RetryPolicy
import dev.reprise.RetryPolicyBuilder
import dev.reprise.internal.queue.CurrentCall
import dev.reprise.internal.queue.HandlerRegistration
import dev.reprise.internal.queue.PolicyCache
import dev.reprise.internal.queue.use
import dev.reprise.policy.Decision
import dev.reprise.policy.FailedAttempt
import dev.reprise.policy.StopReason
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.CallFailedException
import dev.reprise.queue.model.CallOptions
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.InvokeResult
import dev.reprise.queue.model.QueueException
import dev.reprise.queue.model.RecordedFailure
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.CallCounters
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.accepted
import dev.reprise.queue.spi.requireFutureDeadline
import dev.reprise.queue.spi.toDelayMillis
import dev.reprise.retry
import dev.reprise.retryPolicy
import dev.reprise.run.RetryOutcome
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.withContext
import kotlin.time.AbstractLongTimeSource
import kotlin.time.Duration
import kotlin.time.DurationUnit

/** Calls whose first attempt is made by the caller. */
internal class Invocations(
    private val queue: RetryQueue,
) {
    private val clock get() = queue.store.clock
    private val timeSource =
        object : AbstractLongTimeSource(DurationUnit.MILLISECONDS) {
            override fun read() = clock.millis()
        }

    /** Sync and sync: all attempts by the caller, nothing stored. */
    suspend fun <Q, R> invoke(
        target: Target<Q, R>,
        request: Q,
        settings: (RetryPolicyBuilder.() -> RetryPolicyBuilder)?,
    ): R {
        queue.options.registration(target.name)
        val policy = settings?.let { retryPolicy(it) } ?: queue.options.policy
        val call = unstored(queue.options.newCall(target, request, caller()) {})
        val outcome =
            retryOf(policy).outcome {
                attempt(target, call.copy(counters = CallCounters(attempts = number - 1)), request)
            }
        return when (outcome) {
            is RetryOutcome.Success -> outcome.value
            is RetryOutcome.Failure -> throw CallFailedException(call.cid, outcome.report.attempts, outcome.report.recentFailures, "failed")
        }
    }

    private fun retryOf(policy: RetryPolicy) =
        retry {
            policy(policy)
            testing { random(queue.options.random).timeSource(timeSource) }
        }

    /** Sync and async: the first attempt by the caller, the others in the background. */
    suspend fun <Q, R> invokeOrDefer(
        target: Target<Q, R>,
        request: Q,
        block: CallOptions.() -> Unit,
    ): InvokeResult<R> {
        queue.options.registration(target.name)
        val new = queue.options.newCall(target, request, caller(), block)
        new.requireFutureDeadline(clock.millis())
        val failure =
            try {
                return InvokeResult.Completed(attempt(target, unstored(new), request))
            } catch (e: Throwable) {
                currentCoroutineContext().ensureActive()
                e
            }
        val delay = delayAfter(new, failure)
        val error = AttemptError.of(failure, 1, null)
        return InvokeResult.Deferred(defer(new.copy(delayMillis = delay.toDelayMillis(), firstFailure = error), failure))
    }

    /** Enqueues a call whose first attempt ended with [failure], which nobody would hear of if that failed as well. */
    private suspend fun defer(
        call: NewCall,
        failure: Throwable,
    ): String =
        try {
            val (accepted) = queue.store.enqueue(listOf(call))
            accepted.cid
        } catch (e: QueueException) {
            throw e.apply { addSuppressed(failure) }
        }

    /**
     * How long to wait before the second attempt. What the policy would not retry is thrown as it is: nobody could do better in the
     * background.
     */
    private fun delayAfter(
        new: NewCall,
        failure: Throwable,
    ): Duration {
        val first = FailedAttempt(1, Duration.ZERO, failure)
        return when (val decision = PolicyCache.read(new.policy).session(queue.options.random).decide(first)) {
            is Decision.RetryAfter -> decision.delay
            is Decision.GiveUp -> if (decision.stopReason == StopReason.NOT_RETRYABLE) throw failure else Duration.ZERO
        }
    }

    /** Sync and async, with the call stored before the first attempt, as one that this worker has claimed. */
    suspend fun <Q, R> persistFirst(
        target: Target<Q, R>,
        request: Q,
        block: CallOptions.() -> Unit,
    ): InvokeResult<R> {
        queue.options.registration(target.name)
        val caller = caller()
        val engine = queue.started(caller)
        val new = queue.options.newCall(target, request, caller, block).copy(claimedBy = engine.leases.fresh())
        engine.firstAttempts.update { it + 1 }
        try {
            val (cid, claimed) = enqueueClaimed(engine, new)
            val end = claimed?.let { CallerAttempt(engine).make(it) } ?: return InvokeResult.Deferred(cid)
            if (end.to == CallState.DEAD) throw end.asFailure()
            val response = end.response ?: return InvokeResult.Deferred(cid)
            return InvokeResult.Completed(target.response.decode(response.bytes, response.version))
        } finally {
            engine.firstAttempts.update { it - 1 }
        }
    }

    private fun Settlement.asFailure() =
        CallFailedException(
            call.cid,
            call.counters.plus(result).attempts,
            listOfNotNull(error).map(::RecordedFailure),
            "died ($deadReason)",
        )

    /** The id of the call, and the call itself if its first attempt is the caller's. */
    private suspend fun enqueueClaimed(
        engine: QueueWorker,
        new: NewCall,
    ): Pair<String, ClaimedCall?> {
        engine.inHand.expect(new.cid)
        try {
            val localNow = clock.millis()
            val accepted = engine.access.once { enqueue(listOf(new)) }.single()
            val call = accepted.claim?.let { engine.access.once { find(accepted.cid) } }
            if (call == null) engine.inHand.forget(new.cid) else engine.inHand.add(call.cid, accepted.claim)
            return accepted.cid to call?.let { ClaimedCall(it, accepted.claim.at, localNow, clock) }
        } catch (e: Throwable) {
            // It may have been stored all the same; then it is given back.
            engine.inHand.forget(new.cid)
            engine.lostAnswer()
            throw e
        }
    }

    @Suppress("UNCHECKED_CAST")
    private suspend fun <Q, R> attempt(
        target: Target<Q, R>,
        call: StoredCall,
        request: Q,
    ): R {
        val registration = queue.options.registration(target.name) as HandlerRegistration<Q, R>
        return withContext(CurrentCall(call.cid, call.handler)) {
            registration.source.use { it.code(CallContext(call, queue, null), request) }
        }
    }

    private fun unstored(new: NewCall): StoredCall = new.accepted(System.currentTimeMillis(), 0, isHead = true)

    private suspend fun caller() = currentCoroutineContext()[CurrentCall]
}
