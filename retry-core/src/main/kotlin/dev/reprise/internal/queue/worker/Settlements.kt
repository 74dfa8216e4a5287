package dev.reprise.internal.queue.worker

import dev.reprise.PolicySession
import dev.reprise.RetryPolicy
import dev.reprise.internal.queue.QueueSettings
import dev.reprise.internal.queue.events.DeadWorker
import dev.reprise.internal.queue.events.line
import dev.reprise.internal.queue.queueLog
import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.policy.Decision
import dev.reprise.policy.FailedAttempt
import dev.reprise.policy.StopReason
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.Payload
import dev.reprise.queue.spi.AttemptResult
import dev.reprise.queue.spi.NANOS_PER_MILLI
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/**
 * Turns the end of an attempt into a settlement. Pure except for its random source: `now` is the time on the clock of the store, computed from the
 * claim.
 */
internal class Settlements(
    private val settings: QueueSettings,
) {
    fun returned(
        call: StoredCall,
        response: Payload,
        version: Int?,
    ): Settlement = Settlement(call, CallState.SUCCEEDED, AttemptResult.RETURNED, response = response, handlerVersion = version)

    /** The handler returned, but its result cannot be stored: the work is done and not repeated. */
    fun returnedUnstorable(
        call: StoredCall,
        failure: Throwable,
        version: Int?,
    ): Settlement {
        val error = errorOf(call, failure, version)
        queueLog.log(System.Logger.Level.ERROR) {
            "call=${call.cid} handler=${call.handler} succeeded, but its result cannot be stored: ${error.line}"
        }
        return Settlement(
            call,
            CallState.SUCCEEDED,
            AttemptResult.RETURNED,
            error = error,
            handlerVersion = version,
        )
    }

    /** True if the time of the policy of [call] is over at [now]. The first attempt can start however late it is. */
    fun isTooLate(
        call: StoredCall,
        now: Long,
    ): Boolean = timeLeft(call, now, cancels = false)?.let { it <= 0 } == true

    /** How long the policy of [call] allows an attempt to run that starts at [now], in milliseconds; null if it has no limit. */
    fun timeToRun(
        call: StoredCall,
        now: Long,
    ): Long? = timeLeft(call, now, cancels = true)

    /** The timeout of the policy or of the queue, in milliseconds; null if there is none. */
    fun timeoutMillis(call: StoredCall): Long? {
        val ofQueue = settings.attemptTimeout.takeIf { it.isFinite() }?.inWholeMilliseconds
        return (settings.policies.find(call)?.attemptTimeoutMillis ?: ofQueue)?.let { maxOf(it, 1) }
    }

    /** How long after [now] the time of [call] is over, in milliseconds: that of its policy, or its deadline. Null: never. */
    fun endMillis(
        call: StoredCall,
        now: Long,
    ): Long? = listOfNotNull(call.request.deadline?.let { it - now }, timeToRun(call, now)).minOrNull()?.let { maxOf(it, 1) }

    private fun timeLeft(
        call: StoredCall,
        now: Long,
        cancels: Boolean,
    ): Long? {
        val elapsed = elapsed(call, now)
        val session = sessionOf(call) ?: return null
        val end = if (call.isUncounted) LONGEST_WAIT else session.deadlineNanos(elapsed.milliseconds, cancels)
        if (end >= LONGEST_WAIT) return null
        val left = end / NANOS_PER_MILLI - elapsed
        return if (call.nextAttempt == 1) maxOf(left, 1) else left
    }

    private fun elapsed(
        call: StoredCall,
        now: Long,
    ) = maxOf(now - (call.progress.startedAt ?: now), 0)

    /** The policy decides; a call whose retry would not start before the deadline expires immediately. */
    fun failed(
        call: StoredCall,
        failure: Throwable,
        version: Int?,
        now: Long,
        elapsed: Duration? = null,
    ): Settlement = failed(call, failure, errorOf(call, failure, version, elapsed), now)

    /** The same for a [failure] that is recorded as [error]. */
    fun failed(
        call: StoredCall,
        failure: Throwable,
        error: AttemptError,
        now: Long,
    ): Settlement {
        val session = sessionOf(call) ?: return unreadable(call)
        val decision = session.decide(FailedAttempt(call.nextAttempt, elapsed(call, now).milliseconds, failure))
        val version = error.handlerVersion
        val wait =
            decision.waitMillis(call)
                ?: return dead(call, (decision as Decision.GiveUp).stopReason.asDeath(), AttemptResult.FAILED, error, version)
        if (call.request.deadline?.let { now + wait >= it } ==
            true
        ) {
            return dead(call, DeadReason.EXPIRED, AttemptResult.FAILED, error, version)
        }
        return Settlement(
            call,
            CallState.READY,
            AttemptResult.FAILED,
            delayMillis = wait,
            policyState = if (call.isUncounted) null else session.state,
            error = error,
            handlerVersion = version,
        )
    }

    /** The record of a failure on which the policy has not decided. */
    fun undecided(
        call: StoredCall,
        failure: Throwable,
        version: Int?,
        elapsed: Duration,
    ): Settlement {
        val error = errorOf(call, failure, version, elapsed)
        return Settlement(
            call,
            CallState.READY,
            AttemptResult.FAILED,
            policyState = call.progress.policyState,
            error = error,
            handlerVersion = version,
        )
    }

    /** The delay before the next attempt; null if there is none. An attempt that is not counted uses nothing up. */
    private fun Decision.waitMillis(call: StoredCall): Long? =
        when {
            this is Decision.RetryAfter -> delay.inWholeMilliseconds
            call.isUncounted && stopReason != StopReason.NOT_RETRYABLE -> 0
            else -> null
        }

    /** A state that another version of the program wrote, and that does not fit, is ignored. */
    private fun sessionOf(call: StoredCall): PolicySession? {
        val policy = settings.policies.find(call) ?: return null
        return try {
            policy.session(settings.random, call.progress.policyState)
        } catch (e: IllegalArgumentException) {
            queueLog.log(
                System.Logger.Level.WARNING,
                "call=${call.cid} handler=${call.handler} starts its policy again: its stored state does not fit",
                e,
            )
            policy.session(settings.random)
        }
    }

    fun rejected(
        call: StoredCall,
        failure: Throwable,
        version: Int?,
    ): Settlement = dead(call, DeadReason.REJECTED, AttemptResult.FAILED, errorOf(call, failure, version), version)

    fun expired(call: StoredCall): Settlement = dead(call, DeadReason.EXPIRED, AttemptResult.RELEASED, null, null)

    /** The time of the policy was over before a due attempt. */
    fun exhausted(call: StoredCall): Settlement = dead(call, DeadReason.EXHAUSTED, AttemptResult.RELEASED, null, null)

    fun snoozed(
        call: StoredCall,
        delayMillis: Long,
        version: Int?,
    ): Settlement =
        Settlement(
            call,
            CallState.READY,
            AttemptResult.SNOOZED,
            delayMillis = delayMillis,
            policyState = call.progress.policyState,
            handlerVersion = version,
        )

    fun released(
        call: StoredCall,
        delayMillis: Long = 0,
    ): Settlement = Settlement(call, CallState.READY, AttemptResult.RELEASED, delayMillis, policyState = call.progress.policyState)

    /** This process cannot read the policy of [call], as if it lacked the handler: the call is left to others. */
    fun unreadable(call: StoredCall): Settlement = released(call, UNREADABLE_PAUSE_MILLIS)

    fun cancelled(call: StoredCall): Settlement = Settlement(call, CallState.CANCELLED, AttemptResult.RELEASED)

    /**
     * The worker of [call], [worker] if its name is known, died. That counts for calls that did not crash before, and for those whose attempt had started; the last of the
     * crashes that the settings allow ends the call.
     */
    fun crashed(
        call: StoredCall,
        now: Long,
        worker: String?,
    ): Settlement {
        if (hasCrashed(call, now) && !call.hasStarted) return released(call)
        val error = DeadWorker.errorOf(call, worker)
        return if (isSuspect(call, now)) {
            dead(call, DeadReason.CRASH_LOOP, AttemptResult.CRASHED, error, null)
        } else {
            Settlement(call, CallState.READY, AttemptResult.CRASHED, policyState = call.progress.policyState, error = error)
        }
    }

    /** True if one more death of its worker ends the call. */
    fun isSuspect(
        call: StoredCall,
        now: Long,
    ): Boolean = recentCrashes(call, now) + 1 >= settings.maxCrashes

    /** True if its worker died a while ago: from then on the start of an attempt is recorded, so that a death is attributed to the right calls. */
    fun hasCrashed(
        call: StoredCall,
        now: Long,
    ): Boolean = recentCrashes(call, now) > 0

    private fun recentCrashes(
        call: StoredCall,
        now: Long,
    ) = call.crashedAt.count { it > now - settings.crashWindow.inWholeMilliseconds }

    /** The claim released, for a worker that can run the call immediately; each time it is left alone for longer. */
    fun postponed(call: StoredCall): Settlement {
        val idle = with(call.counters) { claims - attempts - crashes - snoozes }
        return released(call, SUSPECT_PAUSE_MILLIS shl idle.coerceIn(0, LARGEST_SHIFT))
    }

    private fun dead(
        call: StoredCall,
        reason: DeadReason,
        result: AttemptResult,
        error: AttemptError?,
        version: Int?,
    ): Settlement = Settlement(call, CallState.DEAD, result, deadReason = reason, error = error, handlerVersion = version)

    private fun errorOf(
        call: StoredCall,
        failure: Throwable,
        version: Int?,
        elapsed: Duration? = null,
    ) = settings.failures.record(failure, call.counters.attempts + 1, call.claim?.owner, version, elapsed)

    private companion object {
        const val UNREADABLE_PAUSE_MILLIS = 5_000L
        const val SUSPECT_PAUSE_MILLIS = 500L
        const val LARGEST_SHIFT = 6
    }
}

private fun StopReason.asDeath(): DeadReason = if (this == StopReason.NOT_RETRYABLE) DeadReason.REJECTED else DeadReason.EXHAUSTED

private val RetryPolicy.attemptTimeoutMillis: Long?
    get() = logic.attemptTimeoutNanos.takeIf { it < LONGEST_WAIT }?.let { it / NANOS_PER_MILLI }
