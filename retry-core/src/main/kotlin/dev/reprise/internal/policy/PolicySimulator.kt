package dev.reprise.internal.policy

import dev.reprise.internal.util.plusWait
import dev.reprise.internal.util.toWaitNanos
import dev.reprise.policy.RetryHint
import dev.reprise.policy.Simulation
import dev.reprise.policy.StopReason
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds

/** The failure of each simulated attempt, which every policy that retries exceptions at all retries. */
internal class AnyFailure :
    RuntimeException("a simulated failure", null, false, false),
    RetryHint {
    override val isRetryable: Boolean get() = true
}

internal fun PolicyLogic.simulated(
    random: Random,
    retries: Int,
    attempt: Duration,
    failure: Throwable,
): Simulation {
    require(retries >= 0) { "retries must not be negative, but was $retries" }
    require(!attempt.isNegative()) { "attempt must not be negative, but was $attempt" }
    val run = SimulatedRun(this, random, minOf(attempt.toWaitNanos(), attemptTimeoutNanos), failure)
    while (run.delays.size <= retries) {
        val verdict = run.attempt()
        if (PackedDecision.isStop(verdict)) return run.ended(PackedDecision.reason(verdict))
        if (run.delays.size == retries) break
        run.pause(verdict)
    }
    return run.ended(null)
}

/** The loop of a runner with nothing to wait for. */
private class SimulatedRun(
    private val policy: PolicyLogic,
    private val random: Random,
    private val attemptNanos: Long,
    private val failure: Throwable,
) {
    private val state = policy.newState()
    private var elapsed = policy.initialDelayNanos
    private var attempts = 0
    val delays = ArrayList<Duration>()

    /** Simulates an attempt and decides what follows. */
    fun attempt(): Long {
        if (policy.isOver(state, elapsed)) return PackedDecision.DEADLINE
        attempts++
        elapsed = minOf(elapsed plusWait attemptNanos, policy.deadlineNanos(state, elapsed, cancels = true))
        return try {
            policy.verdict(attempts, elapsed, failure, null, state, random)
        } catch (_: RuleFailedException) {
            PackedDecision.NOT_RETRYABLE
        }
    }

    fun pause(nanos: Long) {
        delays += nanos.nanoseconds
        elapsed = elapsed plusWait nanos
    }

    fun ended(reason: StopReason?): Simulation =
        Simulation(policy.initialDelayNanos.nanoseconds, delays, attempts, elapsed.nanoseconds, reason)
}
