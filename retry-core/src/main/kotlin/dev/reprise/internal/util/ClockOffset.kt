package dev.reprise.internal.util

/**
 * How far another clock is ahead of a local one that never jumps, in milliseconds, as far as readings tell that take their time: the other
 * one is read at some moment in between. A slow reading tells less than a quick one, and is no jump. For one thread at a time.
 */
internal class ClockOffset {
    private var known: LongRange? = null

    /** The other clock is at least so far ahead; null if it was never read. */
    val least: Long? get() = known?.first

    /** The other clock showed [shown] between [askedAt] and [readAt]. Returns how far it must have jumped since the previous reading. */
    fun read(
        shown: Long,
        askedAt: Long,
        readAt: Long,
    ): Long {
        val measured = shown - readAt..shown - askedAt
        val before = known ?: measured
        val jump = maxOf(measured.first - before.last, 0) + minOf(measured.last - before.first, 0)
        known = if (jump == 0L) maxOf(measured.first, before.first)..minOf(measured.last, before.last) else measured
        return jump
    }
}
