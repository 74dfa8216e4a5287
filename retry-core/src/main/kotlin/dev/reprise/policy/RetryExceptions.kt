package dev.reprise.policy

import dev.reprise.internal.util.describe
import java.util.concurrent.TimeoutException
import kotlin.time.Duration
import kotlin.time.toJavaDuration

/**
 * An attempt was cancelled after [timeout], which is the `attemptTimeout` or the rest of `maxDuration`; or the first attempt never started,
 * because the initial delay left nothing of `maxDuration`: then [timeout] is all of it.
 *
 * The run of the attempt retries it whatever its `on` rules name, unless `unless<AttemptTimeoutException>()` is set; for an outer run it is
 * a failure like any other.
 */
public class AttemptTimeoutException internal constructor(
    /** The 1-based number of the attempt. */
    public val attempt: Int,
    /** The limit, from the start of the attempt. */
    @get:JvmSynthetic public val timeout: Duration,
    message: String = "attempt $attempt timed out after $timeout",
) : TimeoutException(message),
    RetryHint {
    /** True until the run of the attempt has decided about it. */
    @Volatile
    internal var isOwn: Boolean = true

    override val isRetryable: Boolean? get() = if (isOwn) true else null

    /** [timeout] for Java. */
    public fun getTimeout(): java.time.Duration = timeout.toJavaDuration()
}

/** A run gave up on a result: the `onResult` rules of the policy reject [lastResult]. `returnLastResult()` returns it instead. */
public class RetryExhaustedException internal constructor(
    @Transient public val lastResult: Any?,
    attempts: Int,
    reason: StopReason,
) : RuntimeException(
        "gave up after $attempts ${if (attempts == 1) "attempt" else "attempts"} ($reason): the last result was rejected: ${lastResult.describe()}",
    )
