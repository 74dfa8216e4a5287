package dev.reprise.internal.util

import kotlin.math.pow
import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds

/** 146 years in nanoseconds: longer waits are shortened to it, so that the sum of two never overflows. */
internal const val LONGEST_WAIT: Long = Long.MAX_VALUE / 2

/** The duration in nanoseconds, cut to [LONGEST_WAIT]; a negative one counts as zero. */
internal fun Duration.toWaitNanos(): Long = inWholeNanoseconds.coerceIn(0, LONGEST_WAIT)

/** The sum of two waits, saturating at [LONGEST_WAIT]. Both lie within it, so the plain sum cannot overflow. */
internal infix fun Long.plusWait(other: Long): Long = minOf(this + other, LONGEST_WAIT)

/** `this * times`, saturating; [times] is not negative. */
internal infix fun Long.timesWait(times: Long): Long {
    val high = Math.multiplyHigh(this, times)
    val low = this * times
    return if (high != 0L || low < 0) LONGEST_WAIT else minOf(low, LONGEST_WAIT)
}

/** `this * factor^exponent`, saturating, in constant time; never NaN, because zero stays zero. */
internal fun Long.growWait(
    factor: Double,
    exponent: Int,
): Long {
    if (this == 0L || exponent == 0) return this
    val grown = this * factor.pow(exponent)
    // Above 2^53 a Double rounds, perhaps downwards: a wait never gets shorter than the first one.
    return if (grown >= LONGEST_WAIT) LONGEST_WAIT else maxOf(grown.toLong(), this)
}

internal fun Long.toDuration(): Duration = if (this >= LONGEST_WAIT) Duration.INFINITE else nanoseconds
