package dev.reprise.internal.queue

import java.security.SecureRandom
import java.util.concurrent.atomic.AtomicLong

/**
 * Makes correlation ids: 32 letters and digits, of which the first ten tell when (ids made one after the other in one process sort in that
 * order) and the other 22 are drawn from a [SecureRandom], 131 bits.
 */
internal object CorrelationIds {
    // In the order of their codes, so that text sorts as time does.
    private const val DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    private const val TIME_DIGITS = 10
    private const val RANDOM_DIGITS = 22
    private const val TICKS_PER_MILLI = 4096
    private val random = SecureRandom()
    private val last = AtomicLong()

    fun next(millis: Long = System.currentTimeMillis()): String {
        val id = CharArray(TIME_DIGITS + RANDOM_DIGITS)
        var tick = last.updateAndGet { maxOf(it + 1, millis * TICKS_PER_MILLI) }
        for (i in TIME_DIGITS - 1 downTo 0) {
            id[i] = DIGITS[(tick % DIGITS.length).toInt()]
            tick /= DIGITS.length
        }
        fillRandom(id)
        return String(id)
    }

    /** Bytes whose six low bits are no digit are drawn again: each digit is equally likely. */
    private fun fillRandom(id: CharArray) {
        val drawn = ByteArray(RANDOM_DIGITS + 4)
        var at = TIME_DIGITS
        while (at < id.size) {
            random.nextBytes(drawn)
            for (byte in drawn) {
                val digit = byte.toInt() and 63
                if (digit < DIGITS.length && at < id.size) id[at++] = DIGITS[digit]
            }
        }
    }
}
