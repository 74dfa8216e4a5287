package dev.reprise

import dev.reprise.policy.Jitter
import dev.reprise.policy.Rethrow
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/** Ready-made policies: the default of durable calls, and those of older systems. */
public object RetryPolicies {
    /**
     * The default policy of a durable call: retries after 1 m, 1.5 m, 2.25 m … 57.7 m, then every hour, for three days. These are 80
     * retries, 81 calls. No jitter.
     */
    @JvmStatic
    public fun durableDefault(): RetryPolicy =
        retryPolicy {
            exponential(1.minutes, factor = 1.5, max = 1.hours)
            jitter(Jitter.NONE)
            maxDuration(3.days)
        }

    /**
     * The backoff of Twisted's `RetryingCall`: by default ten calls, the first immediately, the others after 10 ms, 20 ms, 40 ms … 2.56 s.
     * Throws the first failure. No jitter.
     *
     * There is a delay before every call: [initialDelay], then each time [factor] times as long, at most [maxDelay]. With [now] the first
     * call has no delay, and each delay moves to the following call.
     *
     * @throws IllegalArgumentException if [calls], [initialDelay] or [maxDelay] is not positive, or [factor] is below 1.
     */
    @JvmSynthetic
    public fun twisted(
        calls: Int = 10,
        initialDelay: Duration = 10.milliseconds,
        factor: Double = 2.0,
        maxDelay: Duration = 120.seconds,
        now: Boolean = true,
    ): RetryPolicy {
        require(calls > 0) { "calls must be at least 1, but was $calls; it counts all calls, including the first" }
        require(initialDelay.isPositive()) { "initialDelay must be positive, but was $initialDelay; for no delay, use every with zero" }
        require(maxDelay.isPositive()) { "maxDelay must be positive, but was $maxDelay" }
        require(factor >= 1.0 && factor.isFinite()) { "factor must be a finite number of at least 1, but was $factor" }
        return retryPolicy {
            // The delay of zero that `now` puts first moves the growing ones behind it.
            val second = if (now) initialDelay else initialDelay * factor
            if (!now) initialDelay(minOf(initialDelay, maxDelay))
            exponential(minOf(second, maxDelay), factor, maxDelay)
            jitter(Jitter.NONE)
            maxAttempts(calls)
            rethrow(Rethrow.FIRST)
        }
    }

    /** The backoff of Twisted's `RetryingCall` with its defaults: ten calls, the delays from 10 ms to 2.56 s. Throws the first failure. */
    @JvmStatic
    public fun twisted(): RetryPolicy = twisted(calls = 10)

    /** The backoff of Twisted's `RetryingCall`. The Java form of the function with Kotlin durations. */
    @JvmStatic
    public fun twisted(
        calls: Int,
        initialDelay: JavaDuration,
        factor: Double,
        maxDelay: JavaDuration,
        now: Boolean,
    ): RetryPolicy = twisted(calls, initialDelay.toKotlinDuration(), factor, maxDelay.toKotlinDuration(), now)

    /**
     * Zato's `retry_repeats`, `retry_seconds` and `retry_minutes`: [repeats] calls in all, including the first, with [seconds] or [minutes]
     * between them. Exactly one of the two is set.
     *
     * @throws IllegalArgumentException if both or neither is set, or a number is not positive.
     */
    @JvmStatic
    @JvmOverloads
    public fun zato(
        repeats: Int,
        seconds: Int? = null,
        minutes: Int? = null,
    ): RetryPolicy {
        require(repeats > 0) { "repeats must be at least 1, but was $repeats; it counts all calls, including the first" }
        require(seconds == null || minutes == null) { "set either seconds or minutes, but both were set: $seconds s and $minutes min" }
        val delay = requireNotNull(seconds?.seconds ?: minutes?.minutes) { "set either seconds or minutes, but neither was set" }
        require(delay.isPositive()) { "${if (seconds == null) "minutes" else "seconds"} must be positive, but was ${seconds ?: minutes}" }
        return retryPolicy {
            every(delay)
            maxAttempts(repeats)
        }
    }

    /**
     * Python's `@retryable`: a call every [every], with at most [maxRetries] calls after the first. Here 0, the default, means without limit,
     * as it does in Python.
     *
     * @throws IllegalArgumentException if [every] or [maxRetries] is negative.
     */
    @JvmSynthetic
    public fun pythonRetryable(
        every: Duration,
        maxRetries: Int = 0,
    ): RetryPolicy =
        retryPolicy {
            every(every)
            if (maxRetries == 0) forever() else maxRetries(maxRetries)
        }

    /** Python's `@retryable`. The Java form of the function with Kotlin durations. */
    @JvmStatic
    @JvmOverloads
    public fun pythonRetryable(
        every: JavaDuration,
        maxRetries: Int = 0,
    ): RetryPolicy = pythonRetryable(every.toKotlinDuration(), maxRetries)
}
