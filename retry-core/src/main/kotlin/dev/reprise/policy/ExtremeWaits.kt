package dev.reprise.policy

import kotlin.random.Random

/** Draws the shortest waits that jitter allows. */
internal object ShortestWaits : Random() {
    override fun nextBits(bitCount: Int): Int = 0

    override fun nextLong(until: Long): Long = 0

    override fun nextLong(
        from: Long,
        until: Long,
    ): Long = from
}

/** Draws the longest waits that jitter allows. */
internal object LongestWaits : Random() {
    override fun nextBits(bitCount: Int): Int = -1 ushr (32 - bitCount)

    override fun nextLong(until: Long): Long = until - 1

    override fun nextLong(
        from: Long,
        until: Long,
    ): Long = until - 1
}
