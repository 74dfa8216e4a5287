package dev.reprise.run

import dev.reprise.policy.Decision
import dev.reprise.policy.StopReason
import kotlin.time.Duration

/**
 * What happens in a run. Every attempt that ends with a failure or a rejected result tells [AttemptFailed], before the wait; every run
 * ends with exactly one of [Succeeded], [GaveUp] and [Cancelled]:
 *
 * ```
 * AttemptFailed(1, RetryAfter) … AttemptFailed(n, RetryAfter | GiveUp) Succeeded | GaveUp | Cancelled
 * ```
 *
 * Attempts count from 1. [elapsed] runs from the start of the run.
 */
public sealed interface RetryEvent {
    /** The number of the attempt that ended last; 0 if there was none. */
    public val number: Int

    /** From the start of the run to this event. */
    public val elapsed: Duration

    /** Why there is no further attempt, as data for a metric; null while there is one, and where the run has succeeded. */
    public val stopReason: StopReason?

    /** Attempt [number] ended with [failure], or, where that is null, with the rejected [result]; [next] says what happens now. */
    public class AttemptFailed internal constructor(
        override val number: Int,
        override val elapsed: Duration,
        public val failure: Throwable?,
        public val result: Any?,
        public val next: Decision,
    ) : RetryEvent {
        override val stopReason: StopReason? get() = (next as? Decision.GiveUp)?.reason

        /** The wait before the next attempt; null if there is none. */
        public val nextDelay: Duration? get() = (next as? Decision.RetryAfter)?.delay

        override fun toString(): String = "AttemptFailed($number, ${failure ?: "result $result"}, $next)"
    }

    /** Attempt [number] succeeded. */
    public class Succeeded internal constructor(
        override val number: Int,
        override val elapsed: Duration,
    ) : RetryEvent {
        override val stopReason: StopReason? get() = null

        override fun toString(): String = "Succeeded($number)"
    }

    /** There is no further attempt; [failure] is thrown, unless it is null: then the last result is returned, as `orLast()` says. */
    public class GaveUp internal constructor(
        override val number: Int,
        override val elapsed: Duration,
        public val failure: Throwable?,
        public val report: RetryReport,
    ) : RetryEvent {
        override val stopReason: StopReason get() = report.reason

        override fun toString(): String = "GaveUp($number, $stopReason)"
    }

    /** The run's own coroutine, future or thread was cancelled. */
    public class Cancelled internal constructor(
        override val number: Int,
        override val elapsed: Duration,
    ) : RetryEvent {
        override val stopReason: StopReason get() = StopReason.CANCELLED

        override fun toString(): String = "Cancelled($number)"
    }
}
