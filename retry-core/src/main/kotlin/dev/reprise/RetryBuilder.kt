package dev.reprise

import dev.reprise.internal.engine.RunConfig
import dev.reprise.internal.engine.StopCondition
import dev.reprise.internal.util.toWaitNanos
import dev.reprise.run.NestedRetries
import dev.reprise.run.RetryBudget
import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryListener
import dev.reprise.run.RetryTimer
import dev.reprise.run.StopSignal
import kotlinx.coroutines.Job
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.TimeSource

/** Builds a [Retry]: a policy, told with the calls of [RetryPolicyBuilder], and what is alive around it. */
public class RetryBuilder : RetryPolicyBuilder() {
    private val stops = ArrayList<StopCondition>()
    private val budgets = ArrayList<RetryBudget>()
    private val listeners = ArrayList<RetryListener>()
    private var nestedRetries = NestedRetries.ALLOW
    private var random: Random = Random.Default
    private var timeSource: TimeSource = TimeSource.Monotonic
    private var timer: RetryTimer = RetryTimer.system

    override val endsOtherwise: Boolean get() = stops.isNotEmpty() || budgets.isNotEmpty()

    /**
     * Takes [policy] as it is, in the place of telling one.
     *
     * @throws IllegalArgumentException from [build] if parts of a policy are told as well.
     */
    public fun policy(policy: RetryPolicy) {
        given(policy)
    }

    /**
     * Stops the run when [job] completes or is cancelled. A wait ends at once. A running attempt may finish, and counts if it succeeds;
     * after [grace] it is cut. Default of [grace]: no end.
     *
     * A run that was stopped throws its last failure, with reason `STOPPED`; if it was stopped before its first attempt ended, a
     * `RetryStoppedException`.
     *
     * @throws IllegalArgumentException if [grace] is negative.
     */
    public fun stopWhen(
        job: Job,
        grace: Duration = Duration.INFINITE,
    ) {
        stops += StopCondition(job, null, graceNanos(grace))
    }

    /** Stops the run when [signal] is given; the same as for a job. */
    public fun stopWhen(
        signal: StopSignal,
        grace: Duration = Duration.INFINITE,
    ) {
        stops += StopCondition(signal.told, signal, graceNanos(grace))
    }

    /** Takes a unit of [budget] for every retry; a run that finds it empty ends with reason `BUDGET`. Several budgets must all have one. */
    public fun budget(budget: RetryBudget) {
        budgets += budget
    }

    /** Calls [hook] after a failed attempt, before the wait, if another attempt follows. */
    public fun beforeRetry(hook: RetryEvent.AttemptFailed.() -> Unit) {
        listener { if (it is RetryEvent.AttemptFailed && it.nextDelay != null) it.hook() }
    }

    /** Tells [listener] every event. What it throws is logged and changes nothing. */
    public fun listener(listener: RetryListener) {
        listeners += listener
    }

    /** Says what retries inside the body may do. Default: [NestedRetries.ALLOW]. */
    public fun nestedRetries(mode: NestedRetries) {
        nestedRetries = mode
    }

    /**
     * Draws jitter from [random], which is shared by all runs. Default: [Random.Default]. Hand in a seeded one to see the same waits
     * again.
     */
    public fun random(random: Random) {
        this.random = random
    }

    /**
     * Measures elapsed time with [timeSource]. Default: the system's monotonic clock. A test under `runTest` says
     * `timeSource(testTimeSource)`; waits need nothing, they pass in the time of the coroutine.
     */
    public fun timeSource(timeSource: TimeSource) {
        this.timeSource = timeSource
    }

    /** Waits with [timer] where a thread blocks or a future waits. Default: real time. */
    public fun timer(timer: RetryTimer) {
        this.timer = timer
    }

    /**
     * The retry as it was told.
     *
     * @throws IllegalArgumentException if nothing ends its policy and neither a stop signal nor a budget can, or two settings
     * contradict each other.
     */
    public fun build(): Retry {
        val policy = buildPolicy()
        return Retry(policy, RunConfig(policy.logic, stops.toList(), budgets.toList(), listeners.toList(), nestedRetries, random, timeSource, timer))
    }

    private fun graceNanos(grace: Duration): Long {
        require(!grace.isNegative()) { "grace must not be negative, but was $grace; zero cuts a running attempt at once" }
        return grace.toWaitNanos()
    }
}
