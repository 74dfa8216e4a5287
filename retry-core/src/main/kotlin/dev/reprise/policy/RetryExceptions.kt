package dev.reprise.policy

import dev.reprise.internal.util.describe
import java.util.concurrent.TimeoutException
import kotlin.time.Duration

/**
 * An attempt that was cut: after [limit], which is the `attemptTimeout` or what was left of `within`. Or a first attempt that was never
 * made, because the initial delay left nothing of `within`: then [limit] is all of that.
 *
 * The run whose attempt it was retries it whatever its `on` rules say, unless `unless<AttemptTimeoutException>()` does; for a run around
 * that one it is a failure like any other.
 */
public class AttemptTimeoutException internal constructor(
    /** The number of the attempt, from 1. */
    public val attempt: Int,
    /** How long it was given, from its start. */
    public val limit: Duration,
    message: String = "attempt $attempt was cut after $limit",
) : TimeoutException(message),
    RetryHint {
    /** True until the run that cut the attempt has judged it. */
    @Volatile
    internal var isOwn: Boolean = true

    override val retryable: Boolean? get() = if (isOwn) true else null
}

/** The time between two calls was given in seconds and in minutes, or in neither. */
public class IntervalException internal constructor(
    /** The seconds that were given. */
    public val seconds: Int?,
    /** The minutes that were given. */
    public val minutes: Int?,
) : IllegalArgumentException(
        "exactly one of seconds and minutes is needed, but " +
            if (seconds == null) "neither was given" else "both were given ($seconds s and $minutes min)",
    )

/** A run gave up on a result: the last one was [lastResult], which the policy's `onResult` rules reject. `orLast()` returns it instead. */
public class RetryExhaustedException internal constructor(
    @Transient public val lastResult: Any?,
    attempts: Int,
    reason: StopReason,
) : RuntimeException(
        "gave up after $attempts ${if (attempts == 1) "attempt" else "attempts"} ($reason): the last result was rejected: ${lastResult.describe()}",
    )
