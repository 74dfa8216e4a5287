package dev.reprise.internal.engine

import dev.reprise.internal.policy.PackedDecision
import dev.reprise.internal.policy.PolicyState
import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.util.toDuration
import dev.reprise.policy.StopReason
import dev.reprise.run.Attempt
import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds

/**
 * An attempt, and the state of its run: one object per retry. The next attempt is created from this one and how it ended, see
 * `RetryStateMachine.kt`. An attempt whose [verdict] is a stop never starts; it is how the run ended.
 */
internal sealed class RunAttempt(
    val config: RunConfig,
    final override val number: Int,
    val history: Any?,
) : Attempt() {
    abstract val startNanos: Long
    abstract val elapsedNanos: Long
    abstract val verdict: Long
    abstract val state: PolicyState?

    /** The run, if something watches it. */
    abstract val run: RunContext?

    override val elapsed: Duration get() = elapsedNanos.nanoseconds

    override val remaining: Duration get() = remainingNanos.toDuration()

    override val lastFailure: Throwable? get() = if (history is FailureHistory) history.last else history as Throwable?

    override val failures: List<Throwable> get() = if (history is FailureHistory) history.recent else listOfNotNull(history as Throwable?)

    override val isCancelled: Boolean get() = InterruptGuard.isCancelledHere()

    /** The time from the start of this attempt after which no other one starts. */
    val remainingNanos: Long get() = remainingNanos(cancels = false)

    /** The time from the start of this attempt after which it is cancelled. */
    val cancelNanos: Long get() = remainingNanos(cancels = true)

    private fun remainingNanos(cancels: Boolean): Long {
        val deadline = config.policy.deadlineNanos(state, elapsedNanos, cancels)
        return if (deadline >= LONGEST_WAIT) deadline else maxOf(deadline - elapsedNanos, 0)
    }

    /** False in a plain run until its first wait. */
    val isTimed: Boolean get() = startNanos != UNTIMED

    val isOver: Boolean get() = PackedDecision.isStop(verdict)

    /** Why the run is over. */
    val stopReason: StopReason get() = PackedDecision.reason(verdict)

    /** How many attempts ended before this one: all of the run if it is over. */
    val made: Int get() = number - 1

    /** True if there is a delay before this attempt. */
    val hasDelay: Boolean get() = verdict != 0L

    /** This attempt with other times. */
    fun at(
        elapsed: Long,
        verdict: Long,
        start: Long = startNanos,
    ): RunAttempt = of(config, number, start, elapsed, verdict, history, state, run)

    companion object {
        /** The start of a run whose clock has not been read. */
        const val UNTIMED: Long = Long.MIN_VALUE

        /** The attempt with these facts, in the smaller object if that holds them. */
        fun of(
            config: RunConfig,
            number: Int,
            startNanos: Long,
            elapsedNanos: Long,
            verdict: Long,
            history: Any?,
            state: PolicyState?,
            run: RunContext?,
        ): RunAttempt =
            if (startNanos == UNTIMED && verdict == 0L && state == null && run == null) {
                BriefAttempt(config, number, history)
            } else {
                FullAttempt(config, number, startNanos, elapsedNanos, verdict, history, state, run)
            }
    }
}

/** An attempt of a plain run without times, delays and history: what a retry without a delay creates. */
internal class BriefAttempt(
    config: RunConfig,
    number: Int,
    history: Any?,
) : RunAttempt(config, number, history) {
    override val startNanos: Long get() = UNTIMED
    override val elapsedNanos: Long get() = 0
    override val verdict: Long get() = 0
    override val state: PolicyState? get() = null
    override val run: RunContext? get() = null
}

internal class FullAttempt(
    config: RunConfig,
    number: Int,
    override val startNanos: Long,
    override val elapsedNanos: Long,
    override val verdict: Long,
    history: Any?,
    override val state: PolicyState?,
    override val run: RunContext?,
) : RunAttempt(config, number, history)
