package dev.reprise.testing

import dev.reprise.policy.RetryHint
import kotlin.time.Duration

open class FlakyException(
    message: String = "flaky",
    cause: Throwable? = null,
) : Exception(message, cause)

class ThrottledException : FlakyException("throttled")

class BrokenException : Exception("broken")

class WrapperException(
    cause: Throwable?,
) : RuntimeException(cause)

class FatalError(
    cause: Throwable? = null,
) : Error("fatal", cause)

/** Has its own hint. */
class HintedException(
    override val isRetryable: Boolean?,
    override val retryAfter: Duration? = null,
) : Exception("hinted"),
    RetryHint

/** A failure with a cycle of causes. */
class CircularException : Exception("circular") {
    override val cause: Throwable = WrapperException(this)
}
