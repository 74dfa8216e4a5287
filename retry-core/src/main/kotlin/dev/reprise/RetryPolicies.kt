package dev.reprise

import dev.reprise.policy.IntervalException
import dev.reprise.policy.Jitter
import dev.reprise.policy.Rethrow
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/*
 * The policies that the companion of RetryPolicy offers by name, each in the words of the builder.
 */

private fun policy(tell: RetryPolicyBuilder.() -> Unit): RetryPolicy = RetryPolicyBuilder().apply(tell).buildPolicy()

internal fun twistedPolicy(
    calls: Int,
    initialDelay: Duration,
    factor: Double,
    maxDelay: Duration,
    now: Boolean,
): RetryPolicy {
    require(calls > 0) { "calls must be positive, but was $calls; it counts all calls, the first included" }
    require(initialDelay.isPositive()) { "initialDelay must be positive, but was $initialDelay; every(0.seconds) retries at once" }
    require(maxDelay.isPositive()) { "maxDelay must be positive, but was $maxDelay" }
    require(factor >= 1.0 && factor.isFinite()) { "factor must be a finite number of at least 1, but was $factor" }
    return policy {
        // The wait that `now` puts first moves the growing ones behind it.
        val secondWait = if (now) initialDelay else initialDelay * factor
        if (!now) initialDelay(minOf(initialDelay, maxDelay))
        exponential(minOf(secondWait, maxDelay), factor, maxDelay)
        jitter(Jitter.None)
        maxAttempts(calls)
        rethrow(Rethrow.First)
    }
}

internal fun threeDaysPolicy(): RetryPolicy =
    policy {
        exponential(1.minutes, factor = 1.5, max = 1.hours)
        jitter(Jitter.None)
        within(3.days)
    }

internal fun zatoPolicy(
    repeats: Int,
    seconds: Int?,
    minutes: Int?,
): RetryPolicy {
    require(repeats > 0) { "repeats must be positive, but was $repeats; it counts all calls, the first included" }
    if ((seconds == null) == (minutes == null)) throw IntervalException(seconds, minutes)
    val wait = seconds?.seconds ?: checkNotNull(minutes).minutes
    require(wait.isPositive()) { "${if (seconds == null) "minutes" else "seconds"} must be positive, but was ${seconds ?: minutes}" }
    return policy {
        every(wait)
        maxAttempts(repeats)
    }
}

internal fun retryablePolicy(
    every: Duration,
    maxRetries: Int,
): RetryPolicy =
    policy {
        every(every)
        if (maxRetries == 0) forever() else maxRetries(maxRetries)
    }
