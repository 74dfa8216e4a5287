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

    /** The last one that ten digits can hold, in the year 8463. */
    private const val LAST_MILLI = 204_906_000_000_000
    private val random = SecureRandom()
    private val drawn = ByteArray(1024)
    private var used = drawn.size
    private val last = AtomicLong()

    fun next(millis: Long = System.currentTimeMillis()): String {
        val id = CharArray(TIME_DIGITS + 1 + RANDOM_DIGITS)
        writeTime(id, last.updateAndGet { maxOf(it + 1, millis * TICKS_PER_MILLI) })
        id[TIME_DIGITS] = SHARD
        fillRandom(id)
        return String(id)
    }

    /** What no id that was created at [millis] or later sorts before. */
    fun lowest(millis: Long): String =
        CharArray(TIME_DIGITS).let {
            writeTime(it, millis.coerceIn(0, LAST_MILLI) * TICKS_PER_MILLI)
            String(it)
        }

    /** When [id] was created, on the clock of its process; null if it is not one of these ids. */
    fun millisOf(id: String): Long? {
        if (id.length != TIME_DIGITS + 1 + RANDOM_DIGITS || id.any { it !in DIGITS }) return null
        return id.take(TIME_DIGITS).fold(0L) { tick, digit -> tick * DIGITS.length + DIGITS.indexOf(digit) } / TICKS_PER_MILLI
    }

    private fun writeTime(
        id: CharArray,
        tick: Long,
    ) {
        var rest = tick
        for (i in TIME_DIGITS - 1 downTo 0) {
            id[i] = DIGITS[(rest % DIGITS.length).toInt()]
            rest /= DIGITS.length
        }
    }

    /**
     * Bytes whose six low bits are not a digit are skipped, so that each digit is equally likely. They are drawn in blocks: a secure generator
     * takes more for each request than for its bytes.
     */
    @Synchronized
    private fun fillRandom(id: CharArray) {
        var at = TIME_DIGITS + 1
        while (at < id.size) {
            if (used == drawn.size) {
                random.nextBytes(drawn)
                used = 0
            }
            val digit = drawn[used++].toInt() and 63
            if (digit < DIGITS.length) id[at++] = DIGITS[digit]
        }
    }
}
