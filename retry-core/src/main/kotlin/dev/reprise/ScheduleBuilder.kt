package dev.reprise

import dev.reprise.internal.policy.ScheduleSpec
import dev.reprise.policy.Jitter
import dev.reprise.policy.RetryDsl
import kotlin.time.Duration

/**
 * How long to wait: exactly one of [every], [exponential], [linear], [fibonacci] and [delays], spread by [jitter].
 *
 * Every wait runs from the end of one attempt to the start of the next. A computed wait is capped first; jitter is drawn inside the cap.
 * All arithmetic saturates at 146 years. With no call at all there is no wait.
 */
@RetryDsl
public open class ScheduleBuilder internal constructor(
    internal val schedule: ScheduleSpec = ScheduleSpec(),
) {
    /**
     * Waits the same [delay] before every retry. No jitter by default.
     *
     * @throws IllegalArgumentException if [delay] is negative.
     */
    public fun every(delay: Duration) {
        schedule.every(delay)
    }

    /**
     * Waits [base], then each time [factor] times as long, never longer than [max]: `exponential(1.seconds)` computes 1 s, 2 s, 4 s, 8 s …
     *
     * Full jitter by default: each wait is anything between zero and the computed one. `jitter(Jitter.None)` takes it away.
     *
     * @throws IllegalArgumentException if [base] is not positive, [factor] is below 1 or not finite, or [max] is below [base].
     */
    public fun exponential(
        base: Duration,
        factor: Double = 2.0,
        max: Duration = Duration.INFINITE,
    ) {
        schedule.exponential(base, factor, max)
    }

    /**
     * Waits [base], then each time [step] longer, never longer than [max]: `linear(1.seconds)` waits 1 s, 2 s, 3 s … No jitter by default.
     *
     * @throws IllegalArgumentException if [base] is not positive, [step] is negative, or [max] is below [base].
     */
    public fun linear(
        base: Duration,
        step: Duration = base,
        max: Duration = Duration.INFINITE,
    ) {
        schedule.linear(base, step, max)
    }

    /**
     * Waits [base] times 1, 1, 2, 3, 5, 8 …, never longer than [max]. No jitter by default.
     *
     * @throws IllegalArgumentException if [base] is not positive or [max] is below [base].
     */
    public fun fibonacci(
        base: Duration,
        max: Duration = Duration.INFINITE,
    ) {
        schedule.fibonacci(base, max)
    }

    /**
     * Waits these durations, in this order; their end is also the limit: three waits allow four attempts.
     *
     * @throws IllegalArgumentException if there is none, or one is negative.
     */
    public fun delays(waits: List<Duration>) {
        schedule.delays(waits)
    }

    /**
     * Waits what [waits] yields, asked anew by each run; its end, if it has one, is also the limit. A negative wait counts as zero.
     *
     * A sequence is code: a policy that holds one cannot be stored or parsed. It has to allow many iterations, as `sequence { … }` and
     * `generateSequence(seed) { … }` do; one that allows a single iteration, such as `iterator.asSequence()`, ends the second run.
     */
    public fun delays(waits: Sequence<Duration>) {
        schedule.delays(waits)
    }

    /** Spreads the computed waits. Default: [Jitter.Full] for [exponential], [Jitter.None] for the others. */
    public fun jitter(kind: Jitter) {
        schedule.jitter(kind)
    }
}
