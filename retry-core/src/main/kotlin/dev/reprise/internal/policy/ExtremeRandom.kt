package dev.reprise.internal.policy

import kotlin.random.Random

/** Draws the shortest delays that jitter allows. */
internal object ShortestDelays : Random() {
    override fun nextBits(bitCount: Int): Int = 0

    override fun nextLong(until: Long): Long = 0

    override fun nextLong(
        from: Long,
        until: Long,
    ): Long = from
}

/** Draws the longest delays that jitter allows. */
internal object LongestDelays : Random() {
    override fun nextBits(bitCount: Int): Int = -1 ushr (32 - bitCount)

    override fun nextLong(until: Long): Long = until - 1

    override fun nextLong(
        from: Long,
        until: Long,
    ): Long = until - 1
}
