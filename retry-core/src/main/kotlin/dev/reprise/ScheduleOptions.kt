package dev.reprise

import dev.reprise.internal.policy.ScheduleSpec
import dev.reprise.policy.Jitter
import dev.reprise.policy.RepriseSpi
import dev.reprise.policy.RetryDsl
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/**
 * How long to wait between attempts: one of [every], [uniform], [exponential], [linear], [fibonacci] and [delays], spread by [jitter].
 *
 * A delay runs from the end of an attempt to the start of the next. It is computed, then capped, then jitter is drawn within the cap.
 * Durations above 146 years count as 146 years. Default: no delay.
 */
@RetryDsl
@SubclassOptInRequired(RepriseSpi::class)
public abstract class ScheduleOptions<B : ScheduleOptions<B>> internal constructor(
    internal val scheduleSpec: ScheduleSpec,
) {
    /**
     * Waits [delay] before every retry. No jitter by default.
     *
     * @throws IllegalArgumentException if [delay] is negative, or a schedule was set before.
     */
    @JvmSynthetic
    public fun every(delay: Duration): B = set { scheduleSpec.every(delay) }

    /** Waits [delay] before every retry. No jitter by default. */
    public fun every(delay: JavaDuration): B = every(delay.toKotlinDuration())

    /**
     * Waits a random delay from [min] to [max] before every retry; each delay is equally likely.
     *
     * @throws IllegalArgumentException if [min] is negative, [max] is below [min], a schedule was set before, or [jitter] is set too.
     */
    @JvmSynthetic
    public fun uniform(
        min: Duration,
        max: Duration,
    ): B = set { scheduleSpec.uniform(min, max) }

    /** Waits a random delay from [min] to [max] before every retry; each delay is equally likely. */
    public fun uniform(
        min: JavaDuration,
        max: JavaDuration,
    ): B = uniform(min.toKotlinDuration(), max.toKotlinDuration())

    /**
     * Waits [base], then each time [factor] times as long, at most [max]: `exponential(1.seconds)` computes 1 s, 2 s, 4 s, 8 s …
     *
     * Full jitter by default: each delay is between zero and the computed one. `jitter(Jitter.NONE)` switches it off.
     *
     * @throws IllegalArgumentException if [base] is not positive, [factor] is below 1 or not finite, [max] is below [base], or a schedule was
     * set before.
     */
    @JvmSynthetic
    public fun exponential(
        base: Duration,
        factor: Double = 2.0,
        max: Duration = Duration.INFINITE,
    ): B = set { scheduleSpec.exponential(base, factor, max) }

    /** Waits [base], then each time twice as long, with full jitter. */
    public fun exponential(base: JavaDuration): B = exponential(base.toKotlinDuration())

    /** Waits [base], then each time [factor] times as long, with full jitter. */
    public fun exponential(
        base: JavaDuration,
        factor: Double,
    ): B = exponential(base.toKotlinDuration(), factor)

    /** Waits [base], then each time twice as long, at most [max], with full jitter. */
    public fun exponential(
        base: JavaDuration,
        max: JavaDuration,
    ): B = exponential(base.toKotlinDuration(), max = max.toKotlinDuration())

    /** Waits [base], then each time [factor] times as long, at most [max], with full jitter. */
    public fun exponential(
        base: JavaDuration,
        factor: Double,
        max: JavaDuration,
    ): B = exponential(base.toKotlinDuration(), factor, max.toKotlinDuration())

    /**
     * Waits [base], then each time [step] longer, at most [max]: `linear(1.seconds)` waits 1 s, 2 s, 3 s … No jitter by default.
     *
     * @throws IllegalArgumentException if [base] is not positive, [step] is negative, [max] is below [base], or a schedule was set before.
     */
    @JvmSynthetic
    public fun linear(
        base: Duration,
        step: Duration = base,
        max: Duration = Duration.INFINITE,
    ): B = set { scheduleSpec.linear(base, step, max) }

    /** Waits [base], then each time [base] longer. No jitter by default. */
    public fun linear(base: JavaDuration): B = linear(base.toKotlinDuration())

    /** Waits [base], then each time [step] longer. No jitter by default. */
    public fun linear(
        base: JavaDuration,
        step: JavaDuration,
    ): B = linear(base.toKotlinDuration(), step.toKotlinDuration())

    /** Waits [base], then each time [step] longer, at most [max]. No jitter by default. */
    public fun linear(
        base: JavaDuration,
        step: JavaDuration,
        max: JavaDuration,
    ): B = linear(base.toKotlinDuration(), step.toKotlinDuration(), max.toKotlinDuration())

    /**
     * Waits [base] times 1, 1, 2, 3, 5, 8 …, at most [max]. No jitter by default.
     *
     * @throws IllegalArgumentException if [base] is not positive, [max] is below [base], or a schedule was set before.
     */
    @JvmSynthetic
    public fun fibonacci(
        base: Duration,
        max: Duration = Duration.INFINITE,
    ): B = set { scheduleSpec.fibonacci(base, max) }

    /** Waits [base] times 1, 1, 2, 3, 5, 8 … No jitter by default. */
    public fun fibonacci(base: JavaDuration): B = fibonacci(base.toKotlinDuration())

    /** Waits [base] times 1, 1, 2, 3, 5, 8 …, at most [max]. No jitter by default. */
    public fun fibonacci(
        base: JavaDuration,
        max: JavaDuration,
    ): B = fibonacci(base.toKotlinDuration(), max.toKotlinDuration())

    /**
     * Waits these durations, in this order. The end of the list is also a limit: three delays allow four attempts.
     *
     * @throws IllegalArgumentException if the list is empty, a duration is negative, or a schedule was set before.
     */
    @JvmSynthetic
    public fun delays(delays: List<Duration>): B = set { scheduleSpec.delays(delays) }

    /**
     * Waits the durations of [delays], which each run iterates again; its end, if it has one, is also a limit. A negative duration counts
     * as zero.
     *
     * A sequence is code, so a policy with one cannot be stored or parsed. It must allow many iterations, as `sequence { … }` and
     * `generateSequence(seed) { … }` do; a sequence that allows a single iteration, such as `iterator.asSequence()`, ends the second run.
     *
     * @throws IllegalArgumentException if a schedule was set before.
     */
    @JvmSynthetic
    public fun delays(delays: Sequence<Duration>): B = set { scheduleSpec.delays(delays) }

    /** Waits these durations, in this order; their end is also a limit: three delays allow four attempts. */
    public fun delays(vararg delays: JavaDuration): B = delays(delays.map { it.toKotlinDuration() })

    /**
     * Waits the durations of [delays]; their end, if there is one, is also a limit.
     *
     * A collection is data and is copied. Any other iterable is code: each run calls `iterator()` again, a negative duration counts as zero,
     * and the policy cannot be stored.
     */
    public fun delays(delays: Iterable<JavaDuration>): B =
        if (delays is Collection) {
            delays(delays.map { it.toKotlinDuration() })
        } else {
            delays(delays.asSequence().map { it.toKotlinDuration() })
        }

    /**
     * Uses the delays of [schedule].
     *
     * @throws IllegalArgumentException if a schedule was set before.
     */
    public fun schedule(schedule: ScheduleBuilder): B = set { scheduleSpec.copy(schedule.scheduleSpec) }

    /**
     * Sets how delays are spread. Default: [Jitter.FULL] for [exponential], [Jitter.NONE] for the others.
     *
     * @throws IllegalArgumentException if it was set before.
     */
    public fun jitter(kind: Jitter): B = set { scheduleSpec.jitter(kind) }

    /**
     * Spreads each delay by up to [factor] times its length in both directions, but not above the `max` of the schedule: with 0.5, a computed
     * delay of 10 s becomes one from 5 s to 15 s.
     *
     * @throws IllegalArgumentException if [factor] is not above 0 or is above 1, or jitter was set before.
     */
    public fun jitter(factor: Double): B = set { scheduleSpec.jitter(factor) }

    /**
     * Spreads each delay by up to [range] in both directions, but not below zero, nor above the `max` of the schedule.
     *
     * @throws IllegalArgumentException if [range] is not positive, or jitter was set before.
     */
    @JvmSynthetic
    public fun jitter(range: Duration): B = set { scheduleSpec.jitter(range) }

    /** Spreads each delay by up to [range] in both directions, but not below zero, nor above the `max` of the schedule. */
    public fun jitter(range: JavaDuration): B = jitter(range.toKotlinDuration())

    @Suppress("UNCHECKED_CAST")
    internal inline fun set(setting: () -> Unit): B {
        setting()
        return this as B
    }
}
