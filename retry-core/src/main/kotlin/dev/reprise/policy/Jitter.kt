package dev.reprise.policy

import kotlin.random.Random

/**
 * How a computed wait is spread, so that many clients that fail together do not come back together.
 *
 * The wait is capped first and jitter is drawn inside it, so no jittered wait is above the cap and the spread stays at the cap.
 * The formulas are those of "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
public enum class Jitter {
    /** The computed wait itself. */
    None,

    /** Anything from zero to the computed wait. */
    Full,

    /** Half of the computed wait, and anything up to the other half. */
    Equal,

    /** Anything from the first wait to three times the previous one, inside the cap. */
    Decorrelated,
    ;

    internal fun spread(
        wait: Long,
        random: Random,
    ): Long =
        when (this) {
            Full -> random.nextLong(wait + 1)
            Equal -> wait - wait / 2 + random.nextLong(wait / 2 + 1)
            None, Decorrelated -> wait
        }
}
