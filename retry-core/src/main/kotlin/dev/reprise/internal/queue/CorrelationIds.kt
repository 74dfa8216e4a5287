package dev.reprise.internal.queue

import java.security.SecureRandom
import java.util.concurrent.atomic.AtomicLong

/**
 * Creates correlation ids of 32 letters and digits. The first ten are the time, so that ids of one process sort by their creation; the
 * eleventh names the shard of the store, `0` while there is only one; the other 21 are random, 125 bits of a [SecureRandom].
 */
internal object CorrelationIds {
    // Sorted by their codes, so that text sorts as time does.
    private const val DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    private const val TIME_DIGITS = 10
    private const val SHARD = '0'
    private const val RANDOM_DIGITS = 21
    private const val TICKS_PER_MILLI = 4096
    private val random = SecureRandom()
    private val last = AtomicLong()

    fun next(millis: Long = System.currentTimeMillis()): String {
        val id = CharArray(TIME_DIGITS + 1 + RANDOM_DIGITS)
        var tick = last.updateAndGet { maxOf(it + 1, millis * TICKS_PER_MILLI) }
        for (i in TIME_DIGITS - 1 downTo 0) {
            id[i] = DIGITS[(tick % DIGITS.length).toInt()]
            tick /= DIGITS.length
        }
        id[TIME_DIGITS] = SHARD
        fillRandom(id)
        return String(id)
    }

    /** Bytes whose six low bits are not a digit are drawn again, so that each digit is equally likely. */
    private fun fillRandom(id: CharArray) {
        val drawn = ByteArray(RANDOM_DIGITS + 4)
        var at = TIME_DIGITS + 1
        while (at < id.size) {
            random.nextBytes(drawn)
            for (byte in drawn) {
                val digit = byte.toInt() and 63
                if (digit < DIGITS.length && at < id.size) id[at++] = DIGITS[digit]
            }
        }
    }
}
