package dev.reprise.interop

import dev.reprise.policy.RetryHint
import kotlin.time.Duration
import kotlin.time.toKotlinDuration

/**
 * A [RetryHint] that Java can implement: an exception that answers for itself. `getRetryable` says whether another attempt is worth it,
 * null leaves that to the rules of the policy.
 */
public interface RetryAdvice : RetryHint {
    /** The shortest wait the server asks for, from the end of the failed attempt; null: none. Default: null. */
    public fun waitAtLeast(): java.time.Duration? = null

    override val retryAfter: Duration? get() = waitAtLeast()?.toKotlinDuration()
}
