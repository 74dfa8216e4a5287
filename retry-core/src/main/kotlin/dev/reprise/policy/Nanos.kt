package dev.reprise.policy

import kotlin.math.pow
import kotlin.time.Duration

/** The duration in nanoseconds, cut to [Verdict.LONGEST_WAIT]; a negative one counts as zero. */
internal fun Duration.toWaitNanos(): Long = inWholeNanoseconds.coerceIn(0, Verdict.LONGEST_WAIT)

/** The sum of two waits, saturating at [Verdict.LONGEST_WAIT]. Both lie within it, so the plain sum cannot overflow. */
internal infix fun Long.plusWait(other: Long): Long = minOf(this + other, Verdict.LONGEST_WAIT)

/** `this * times`, saturating; [times] is not negative. */
internal infix fun Long.timesWait(times: Long): Long {
    val high = Math.multiplyHigh(this, times)
    val low = this * times
    return if (high != 0L || low < 0) Verdict.LONGEST_WAIT else minOf(low, Verdict.LONGEST_WAIT)
}

/** `this * factor^exponent`, saturating, in constant time; never NaN, because zero stays zero. */
internal fun Long.growWait(
    factor: Double,
    exponent: Int,
): Long {
    if (this == 0L || exponent == 0) return this
    val grown = this * factor.pow(exponent)
    // Above 2^53 a Double rounds, perhaps downwards: a wait never gets shorter than the first one.
    return if (grown >= Verdict.LONGEST_WAIT) Verdict.LONGEST_WAIT else maxOf(grown.toLong(), this)
}
