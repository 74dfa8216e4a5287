package dev.reprise.run

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.Retry
import dev.reprise.internal.engine.FailureHistory
import dev.reprise.internal.policy.PackedDecision
import dev.reprise.internal.policy.PolicyState
import dev.reprise.internal.util.toDuration
import dev.reprise.policy.StopReason
import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds

/**
 * What the body of a retry may know about the attempt it makes: the facts at its start. Immutable.
 *
 * It is the state of the run as well, one object a retry: the engine makes the next attempt from this one and how it ended (see
 * `Turns.kt`). An attempt whose [verdict] is a stop is never made; it is how the run ended.
 */
public sealed class Attempt(
    internal val retry: Retry,
    /** Counts the attempts of the run, from 1. */
    public val number: Int,
    internal val history: Any?,
) {
    internal abstract val startNanos: Long
    internal abstract val elapsedNanos: Long
    internal abstract val verdict: Long
    internal abstract val state: PolicyState?
    internal abstract val nestedRetries: Int

    /** True from the second attempt on. */
    public val isRetry: Boolean get() = number > 1

    /** From the start of the run to the start of this attempt; zero for the first, unless it had an `initialDelay`. */
    public val elapsed: Duration get() = elapsedNanos.nanoseconds

    /** From the start of this attempt to the end of `within`; infinite if there is none. */
    public val remaining: Duration get() = remainingNanos.toDuration()

    /** The failure of the attempt before; null in the first attempt, and after a rejected result. */
    public val lastFailure: Throwable? get() = if (history is FailureHistory) history.last else history as Throwable?

    /** The failures so far, oldest first; only the last [FailureHistory.KEPT] are kept. */
    public val failures: List<Throwable> get() = if (history is FailureHistory) history.recent else listOfNotNull(history as Throwable?)

    internal val remainingNanos: Long
        get() {
            val deadline = retry.logic.deadlineNanos(state, elapsedNanos)
            return if (deadline >= LONGEST_WAIT) deadline else maxOf(deadline - elapsedNanos, 0)
        }

    /** False in a plain run until its first wait. */
    internal val isTimed: Boolean get() = startNanos != UNTIMED

    internal val isOver: Boolean get() = PackedDecision.isStop(verdict)

    /** Why the run is over. */
    internal val reason: StopReason get() = PackedDecision.reason(verdict)

    /** How many attempts were made before this one: all of the run if it is over. */
    internal val made: Int get() = number - 1

    /** True if there is a wait before this attempt. */
    @PublishedApi
    internal val hasWait: Boolean get() = verdict != 0L

    /** This attempt with other times. */
    internal fun at(
        elapsed: Long,
        verdict: Long,
        start: Long = startNanos,
    ): Attempt = of(retry, number, start, elapsed, verdict, history, state, nestedRetries)

    override fun toString(): String = "Attempt($number)"

    internal companion object {
        /** The start of a run whose clock has not been read. */
        const val UNTIMED: Long = Long.MIN_VALUE

        /** The attempt with these facts, in the smaller object if that holds them. */
        fun of(
            retry: Retry,
            number: Int,
            startNanos: Long,
            elapsedNanos: Long,
            verdict: Long,
            history: Any?,
            state: PolicyState?,
            nestedRetries: Int,
        ): Attempt =
            if (startNanos == UNTIMED && verdict == 0L && state == null && nestedRetries == 0) {
                BriefAttempt(retry, number, history)
            } else {
                FullAttempt(retry, number, startNanos, elapsedNanos, verdict, history, state, nestedRetries)
            }
    }
}

/** An attempt of a run that has not been timed, has waited for nothing and remembers nothing: what a retry without a wait makes. */
internal class BriefAttempt(
    retry: Retry,
    number: Int,
    history: Any?,
) : Attempt(retry, number, history) {
    override val startNanos: Long get() = UNTIMED
    override val elapsedNanos: Long get() = 0
    override val verdict: Long get() = 0
    override val state: PolicyState? get() = null
    override val nestedRetries: Int get() = 0
}

internal class FullAttempt(
    retry: Retry,
    number: Int,
    override val startNanos: Long,
    override val elapsedNanos: Long,
    override val verdict: Long,
    history: Any?,
    override val state: PolicyState?,
    override val nestedRetries: Int,
) : Attempt(retry, number, history)
