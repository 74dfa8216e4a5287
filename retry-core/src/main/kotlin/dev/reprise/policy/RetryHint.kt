package dev.reprise.policy

import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/**
 * An exception that decides itself whether it is worth another attempt, or a result that knows when the next attempt makes sense.
 *
 * `unless` applies first and wins, then the hint, then `on`. The delay is the larger of [retryAfter] and the one that the schedule computes.
 * Of a result only [retryAfter] is read, and only after `onResult` has rejected it.
 */
public interface RetryHint {
    /** True: retry; false: never retry; null: the rules of the policy decide. Default: null. */
    public val isRetryable: Boolean?
        get() = null

    /**
     * The shortest delay that the server requests, from the end of the failed attempt; null if it requests none. A negative one counts as
     * zero. Default: null.
     */
    @get:JvmSynthetic
    public val retryAfter: Duration?
        get() = getRetryAfter()?.toKotlinDuration()

    /** What Java implements instead of the property [retryAfter]. Default: null. */
    public fun getRetryAfter(): JavaDuration? = null
}
