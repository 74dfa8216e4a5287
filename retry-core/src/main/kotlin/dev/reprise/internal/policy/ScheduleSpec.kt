package dev.reprise.internal.policy

import dev.reprise.internal.util.toWaitNanos
import dev.reprise.policy.Jitter
import kotlin.time.Duration

/** Records and checks the settings of a [Schedule]; the builders and the parser fill it. */
internal class ScheduleSpec {
    private var backoff: Backoff? = null
    private var setting: String? = null
    private var jitter: Jitter? = null

    fun every(delay: Duration) {
        require(!delay.isNegative()) { "every must not be negative, but was $delay; every(0.seconds) retries at once" }
        use("every($delay)", FixedBackoff(delay.toWaitNanos()))
    }

    fun exponential(
        base: Duration,
        factor: Double,
        max: Duration,
    ) {
        requireBase(base, max)
        require(factor >= 1.0 && factor.isFinite()) {
            "factor must be a finite number of at least 1, but was $factor; every($base) keeps the wait the same"
        }
        use("exponential($base)", ExponentialBackoff(base.toWaitNanos(), factor, max.toWaitNanos()))
    }

    fun linear(
        base: Duration,
        step: Duration,
        max: Duration,
    ) {
        requireBase(base, max)
        require(!step.isNegative()) { "step must not be negative, but was $step" }
        use("linear($base)", LinearBackoff(base.toWaitNanos(), step.toWaitNanos(), max.toWaitNanos()))
    }

    fun fibonacci(
        base: Duration,
        max: Duration,
    ) {
        requireBase(base, max)
        use("fibonacci($base)", FibonacciBackoff(base.toWaitNanos(), max.toWaitNanos()))
    }

    fun delays(delays: List<Duration>) {
        require(delays.isNotEmpty()) { "delays must name at least one wait; maxAttempts(1) makes a single attempt" }
        delays.forEach { require(!it.isNegative()) { "a wait must not be negative, but was $it in delays($delays)" } }
        use("delays($delays)", ListedBackoff(delays.map { it.toWaitNanos() }))
    }

    fun delays(delays: Sequence<Duration>) {
        use("delays(sequence)", SequenceBackoff(delays))
    }

    fun jitter(kind: Jitter) {
        require(jitter == null) { "jitter($kind) contradicts jitter($jitter), given before; keep one of them" }
        jitter = kind
    }

    /** The schedule, or null if none was set. */
    fun build(): Schedule? {
        val backoff = backoff
        if (backoff == null) {
            require(jitter == null) {
                "jitter($jitter) spreads nothing: say what the waits are with every, exponential, linear, fibonacci or delays"
            }
            return null
        }
        return Schedule(backoff, jitter ?: backoff.defaultJitter)
    }

    private fun use(
        call: String,
        backoff: Backoff,
    ) {
        require(setting == null) { "$call contradicts $setting, given before; keep one of them, or join two policies with and, or, then" }
        setting = call
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
