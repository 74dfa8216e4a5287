package dev.reprise.policy

import kotlin.time.Duration

/**
 * An exception that answers for itself.
 *
 * `unless` is asked first and wins; then the hint; then `on`. A wait is the larger of [retryAfter] and what the schedule computes.
 */
public interface RetryHint {
    /** True: worth another attempt; false: never; null: the rules of the policy decide. Default: null. */
    public val retryable: Boolean?
        get() = null

    /** The shortest wait the server asks for, from the end of the failed attempt; null: none. Default: null. */
    public val retryAfter: Duration?
        get() = null
}
