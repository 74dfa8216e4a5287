package dev.reprise.policy

import kotlin.random.Random

/**
 * How a computed delay is spread, so that clients that fail together do not retry together.
 *
 * The delay is capped first and jitter is drawn within it, so no delay exceeds the cap and delays stay spread at the cap.
 * The formulas are those of "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
public enum class Jitter {
    /** The computed delay, unchanged. */
    NONE,

    /** Between zero and the computed delay. */
    FULL,

    /** Between half of the computed delay and all of it. */
    EQUAL,

    /** Between the base of the schedule and three times the previous delay, within the cap; the first delay is between one and three bases. */
    DECORRELATED,
    ;

    internal fun spread(
        wait: Long,
        random: Random,
    ): Long =
        when (this) {
            FULL -> random.nextLong(wait + 1)
            EQUAL -> wait - wait / 2 + random.nextLong(wait / 2 + 1)
            NONE, DECORRELATED -> wait
        }
}
