package dev.reprise

import dev.reprise.internal.policy.Backoff
import dev.reprise.internal.policy.ExponentialBackoff
import dev.reprise.internal.policy.FibonacciBackoff
import dev.reprise.internal.policy.FixedBackoff
import dev.reprise.internal.policy.LinearBackoff
import dev.reprise.internal.policy.ListedBackoff
import dev.reprise.internal.policy.Schedule
import dev.reprise.internal.policy.SequenceBackoff
import dev.reprise.internal.util.toWaitNanos
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
public open class ScheduleBuilder internal constructor() {
    internal var backoff: Backoff? = null
        private set
    private var schedule: String? = null
    private var jitter: Jitter? = null

    /**
     * Waits the same [delay] before every retry. No jitter by default.
     *
     * @throws IllegalArgumentException if [delay] is negative.
     */
    public fun every(delay: Duration) {
        require(!delay.isNegative()) { "every must not be negative, but was $delay; every(0.seconds) retries at once" }
        use("every($delay)", FixedBackoff(delay.toWaitNanos()))
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
        requireBase(base, max)
        require(factor >= 1.0 && factor.isFinite()) {
            "factor must be a finite number of at least 1, but was $factor; every($base) keeps the wait the same"
        }
        use("exponential($base)", ExponentialBackoff(base.toWaitNanos(), factor, max.toWaitNanos()))
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
        requireBase(base, max)
        require(!step.isNegative()) { "step must not be negative, but was $step" }
        use("linear($base)", LinearBackoff(base.toWaitNanos(), step.toWaitNanos(), max.toWaitNanos()))
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
        requireBase(base, max)
        use("fibonacci($base)", FibonacciBackoff(base.toWaitNanos(), max.toWaitNanos()))
    }

    /**
     * Waits these durations, in this order; their end is also the limit: three waits allow four attempts.
     *
     * @throws IllegalArgumentException if there is none, or one is negative.
     */
    public fun delays(waits: List<Duration>) {
        require(waits.isNotEmpty()) { "delays must name at least one wait; maxAttempts(1) makes a single attempt" }
        waits.forEach { require(!it.isNegative()) { "a wait must not be negative, but was $it in delays($waits)" } }
        use("delays($waits)", ListedBackoff(waits.map { it.toWaitNanos() }))
    }

    /**
     * Waits what [waits] yields, asked anew by each run; its end, if it has one, is also the limit. A negative wait counts as zero.
     *
     * A sequence is code: a policy that holds one cannot be stored or parsed. It has to allow many iterations, as `sequence { … }` and
     * `generateSequence(seed) { … }` do; one that allows a single iteration, such as `iterator.asSequence()`, ends the second run.
     */
    public fun delays(waits: Sequence<Duration>) {
        use("delays(sequence)", SequenceBackoff(waits))
    }

    /** Spreads the computed waits. Default: [Jitter.Full] for [exponential], [Jitter.None] for the others. */
    public fun jitter(kind: Jitter) {
        require(jitter == null) { "jitter($kind) contradicts jitter($jitter), given before; keep one of them" }
        jitter = kind
    }

    internal fun buildSchedule(): Schedule? {
        val backoff = backoff
        if (backoff == null) {
            require(
                jitter == null,
            ) { "jitter($jitter) spreads nothing: say what the waits are with every, exponential, linear, fibonacci or delays" }
            return null
        }
        return Schedule(backoff, jitter ?: backoff.defaultJitter)
    }

    private fun use(
        call: String,
        backoff: Backoff,
    ) {
        require(schedule == null) { "$call contradicts $schedule, given before; keep one of them, or join two policies with and, or, then" }
        schedule = call
        this.backoff = backoff
    }

    private fun requireBase(
        base: Duration,
        max: Duration,
    ) {
        require(base.isPositive()) { "base must be positive, but was $base; every(0.seconds) retries at once" }
        require(max >= base) { "max must be at least base ($base), but was $max" }
    }
}
