package dev.reprise.policy

import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds

/** A run as the policy would have it, if every attempt failed. */
public class Simulation internal constructor(
    /** The wait before the first attempt. */
    public val initialDelay: Duration,
    /** The waits between the attempts. */
    public val delays: List<Duration>,
    /** How many attempts were made. */
    public val attempts: Int,
    /** From the start of the run to the end of the last attempt. */
    public val elapsed: Duration,
    /** Why the run gave up; null if it goes on and the simulation ended before it. */
    public val stop: StopReason?,
) {
    /** True if the run would make further attempts. */
    public val goesOn: Boolean get() = stop == null

    /** The sum of all waits. */
    public val totalWait: Duration get() = delays.fold(initialDelay, Duration::plus)

    override fun toString(): String {
        val waits = (listOf(initialDelay).filter { it.isPositive() } + delays).joinToString(" ") { it.toWaitNanos().compact() }
        return "$attempts attempts, waits [$waits], ${elapsed.toWaitNanos().compact()} in all, ${stop ?: "goes on"}"
    }
}

/** Fails whatever attempt it is shown for, and is retried by every policy that retries exceptions at all. */
internal class AnyFailure :
    RuntimeException("a simulated failure", null, false, false),
    RetryHint {
    override val retryable: Boolean get() = true
}

internal fun RetryPolicy.simulated(
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
        if (Verdict.isStop(verdict)) return run.ended(Verdict.reason(verdict))
        if (run.delays.size == retries) break
        run.pause(verdict)
    }
    return run.ended(null)
}

/** The loop of a runner with nothing to wait for. */
private class SimulatedRun(
    private val policy: RetryPolicy,
    private val random: Random,
    private val attemptNanos: Long,
    private val failure: Throwable,
) {
    private val state = policy.newState()
    private var elapsed = policy.initialDelayNanos
    private var attempts = 0
    val delays = ArrayList<Duration>()

    /** Makes an attempt and asks what follows. */
    fun attempt(): Long {
        if (policy.isOver(state, elapsed)) return Verdict.DEADLINE
        attempts++
        elapsed = minOf(elapsed plusWait attemptNanos, policy.deadlineNanos(state, elapsed))
        return try {
            policy.verdict(attempts, elapsed, failure, null, state, random)
        } catch (_: RuleFailedException) {
            Verdict.ABORTED
        }
    }

    fun pause(nanos: Long) {
        delays += nanos.nanoseconds
        elapsed = elapsed plusWait nanos
    }

    fun ended(stop: StopReason?): Simulation = Simulation(policy.initialDelayNanos.nanoseconds, delays, attempts, elapsed.nanoseconds, stop)
}
