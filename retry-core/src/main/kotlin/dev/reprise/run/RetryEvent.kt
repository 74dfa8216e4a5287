package dev.reprise.run

import dev.reprise.internal.util.describe
import dev.reprise.policy.Decision
import dev.reprise.policy.StopReason
import kotlin.time.Duration
import kotlin.time.toJavaDuration

/**
 * What happens in a run. Every attempt that ends with a failure or a rejected result sends [AttemptFailed], before the delay and also if
 * it was the last one; every run ends with exactly one of [Succeeded], [GaveUp] and [Cancelled]:
 *
 * ```
 * AttemptFailed(1, RetryAfter) … AttemptFailed(n, RetryAfter | GiveUp) Succeeded | GaveUp | Cancelled
 * ```
 *
 * Later versions can add subtypes: a `when` over events should have an `else`.
 */
public sealed class RetryEvent private constructor(
    run: Origin,
    /** The 1-based number of the attempt that ended last; 0 if none has ended. */
    public val number: Int,
    /** The time from the start of the run to this event. */
    @get:JvmSynthetic
    public val elapsed: Duration,
) {
    /** The name of the `Retry`, for logs and metrics; null if it has none. */
    public val name: String? = run.name

    /** Identifies the run in this process: the same number in all events of a run, and in those of no other. */
    public val runId: Long = run.runId

    /** Why there is no further attempt; null while there is one, and if the run has succeeded. */
    public abstract val stopReason: StopReason?

    /** [elapsed] for Java. */
    public fun getElapsed(): java.time.Duration = elapsed.toJavaDuration()

    /** Attempt [number] ended with [failure], or, if that is null, with the rejected [result]; [next] says what happens now. */
    public class AttemptFailed internal constructor(
        run: Origin,
        number: Int,
        elapsed: Duration,
        public val failure: Throwable?,
        public val result: Any?,
        public val next: Decision,
    ) : RetryEvent(run, number, elapsed) {
        override val stopReason: StopReason? get() = next.stopReason

        /** The delay before the next attempt; null if there is no next attempt. */
        @get:JvmSynthetic
        public val nextDelay: Duration? get() = next.delay

        /** [nextDelay] for Java. */
        public fun getNextDelay(): java.time.Duration? = nextDelay?.toJavaDuration()

        override fun toString(): String = "AttemptFailed($number, ${failure?.describe() ?: "result ${result.describe()}"}, $next)"
    }

    /** Attempt [number] succeeded. */
    public class Succeeded internal constructor(
        run: Origin,
        number: Int,
        elapsed: Duration,
    ) : RetryEvent(run, number, elapsed) {
        override val stopReason: StopReason? get() = null

        override fun toString(): String = "Succeeded($number)"
    }

    /** There is no further attempt; [failure] is thrown, unless it is null: then `returnLastResult()` returns the last result. */
    public class GaveUp internal constructor(
        run: Origin,
        number: Int,
        elapsed: Duration,
        public val failure: Throwable?,
        public val report: RetryReport,
    ) : RetryEvent(run, number, elapsed) {
        override val stopReason: StopReason get() = report.stopReason

        override fun toString(): String = "GaveUp($number, $stopReason)"
    }

    /** The run's own coroutine, future or thread was cancelled. */
    public class Cancelled internal constructor(
        run: Origin,
        number: Int,
        elapsed: Duration,
    ) : RetryEvent(run, number, elapsed) {
        override val stopReason: StopReason get() = StopReason.CANCELLED

        override fun toString(): String = "Cancelled($number)"
    }

    /** The run that an event belongs to. */
    internal interface Origin {
        val name: String?
        val runId: Long
    }
}
