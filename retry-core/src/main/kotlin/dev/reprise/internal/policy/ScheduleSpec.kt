package dev.reprise.internal.policy

import dev.reprise.internal.util.compact
import dev.reprise.internal.util.toWaitNanos
import dev.reprise.policy.Jitter
import kotlin.time.Duration

/** Records and checks the settings of a [Schedule]; the builders and the parser fill it. */
internal class ScheduleSpec {
    private var backoff: Backoff? = null
    private var setting: String? = null
    private var spread: Spread? = null
    private var jitterCall: String? = null

    fun every(delay: Duration) {
        require(!delay.isNegative()) { "every must not be negative, but was ${delay.compact()}; zero retries immediately" }
        use("every(${delay.compact()})", FixedBackoff(delay.toWaitNanos()))
    }

    fun uniform(
        min: Duration,
        max: Duration,
    ) {
        val call = "uniform(${min.compact()}, ${max.compact()})"
        require(!min.isNegative()) { "min must not be negative, but was ${min.compact()} in $call" }
        require(max >= min) { "max must be at least min (${min.compact()}), but was ${max.compact()}" }
        use(call, UniformBackoff(min.toWaitNanos(), max.toWaitNanos()))
    }

    fun exponential(
        base: Duration,
        factor: Double,
        max: Duration,
    ) {
        requireBase(base, max)
        require(factor >= 1.0 && factor.isFinite()) {
            "factor must be a finite number of at least 1, but was $factor; for a fixed delay, use every"
        }
        use("exponential(${base.compact()})", ExponentialBackoff(base.toWaitNanos(), factor, max.toWaitNanos()))
    }

    fun linear(
        base: Duration,
        step: Duration,
        max: Duration,
    ) {
        requireBase(base, max)
        require(!step.isNegative()) { "step must not be negative, but was ${step.compact()}" }
        use("linear(${base.compact()})", LinearBackoff(base.toWaitNanos(), step.toWaitNanos(), max.toWaitNanos()))
    }

    fun fibonacci(
        base: Duration,
        max: Duration,
    ) {
        requireBase(base, max)
        use("fibonacci(${base.compact()})", FibonacciBackoff(base.toWaitNanos(), max.toWaitNanos()))
    }

    fun delays(delays: List<Duration>) {
        require(delays.isNotEmpty()) { "delays must not be empty; for a single attempt, use maxAttempts(1)" }
        val call = delays.joinToString(prefix = "delays(", postfix = ")") { it.compact() }
        delays.forEach { require(!it.isNegative()) { "a delay must not be negative, but was ${it.compact()} in $call" } }
        use(call, ListedBackoff(delays.map { it.toWaitNanos() }))
    }

    fun delays(delays: Sequence<Duration>) {
        use("delays(sequence)", SequenceBackoff(delays))
    }

    fun jitter(kind: Jitter): Unit = spread("jitter($kind)", KindSpread(kind))

    fun jitter(factor: Double) {
        require(factor > 0 && factor <= 1) {
            "the factor of jitter must be above 0 and at most 1, but was $factor; jitter(NONE) switches jitter off"
        }
        spread("jitter($factor)", FactorSpread(factor))
    }

    fun jitter(range: Duration) {
        require(range.isPositive()) { "the range of jitter must be positive, but was ${range.compact()}; jitter(NONE) switches jitter off" }
        spread("jitter(${range.compact()})", RangeSpread(range.toWaitNanos()))
    }

    /** Takes over all settings of [other]. */
    fun copy(other: ScheduleSpec) {
        other.backoff?.let { use(checkNotNull(other.setting), it) }
        other.spread?.let { spread(checkNotNull(other.jitterCall), it) }
    }

    /** The schedule, or null if none was set. */
    fun build(): Schedule? {
        val backoff = backoff
        if (backoff == null) {
            require(spread == null) { "$jitterCall needs delays to spread; add every, exponential, linear, fibonacci or delays" }
            return null
        }
        require(
            spread == null || backoff !is UniformBackoff,
        ) { "$jitterCall contradicts $setting, whose delays are random; keep one of them" }
        return Schedule(backoff, spread ?: backoff.defaultSpread)
    }

    private fun spread(
        call: String,
        spread: Spread,
    ) {
        require(this.spread == null) { "$call contradicts $jitterCall, which was set before; keep one of them" }
        this.spread = spread
        jitterCall = call
    }

    private fun use(
        call: String,
        backoff: Backoff,
    ) {
        require(setting == null) {
            "$call contradicts $setting, which was set before; keep one of them, or join two policies with and, or, then"
        }
        setting = call
        this.backoff = backoff
    }

    private fun requireBase(
        base: Duration,
        max: Duration,
    ) {
        require(base.isPositive()) { "base must be positive, but was ${base.compact()}; to retry immediately, use every with zero" }
        require(max >= base) { "max must be at least base (${base.compact()}), but was ${max.compact()}" }
    }
}
