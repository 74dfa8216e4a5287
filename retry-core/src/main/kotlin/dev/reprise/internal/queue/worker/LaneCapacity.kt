package dev.reprise.internal.queue.worker

import dev.reprise.internal.util.LARGEST_BATCH_BYTES
import dev.reprise.queue.spi.NANOS_PER_MILLI

/**
 * How many calls a lane has and how many more it can claim. A call is queued, then it runs, then its result waits to be written.
 *
 * Calls are claimed ahead, as many as the lane does in [AHEAD_MILLIS]: slow handlers leave their calls to other workers, fast ones get
 * hundreds at a time. With a smaller limit, callers who enqueue in a loop outrun the claims, and each call takes one. Safe for any number of
 * threads.
 */
internal class LaneCapacity(
    private val concurrency: Int,
    private val concurrencyOf: (handler: String) -> Int,
) {
    private class Count {
        var queued = 0
        var running = 0
    }

    private val total = Count()
    private val counts = HashMap<String, Count>()
    private var unsettled = 0

    /** How many calls there are. */
    val inFlight: Int
        @Synchronized get() = unsettled

    /** How large a call is, in bytes: as in the last claim, and slowly forgotten. */
    private var callBytes = 0L

    /** How long an attempt takes, in nanoseconds, smoothed; negative before the first has ended. */
    private var pace = -1L

    /** The limit of a claim. One for a few calls costs as much as one for a hundred, so a claim waits until half of the room is free. */
    @Synchronized
    fun forClaim(): Int = if (total.queued == 0 || free() * 2 >= ahead()) minOf(free(), largest()).toInt() else 0

    private fun largest() = minOf(LARGEST.toLong(), maxOf(LARGEST_BATCH_BYTES / maxOf(callBytes, 1), 1))

    /** A claim brought [count] calls of [bytes] in all: the next ones are likely to be as large. */
    @Synchronized
    fun brought(
        count: Int,
        bytes: Long,
    ) {
        if (count > 0) callBytes = maxOf(bytes / count, (callBytes * 7 + bytes / count) / 8)
    }

    /** How many calls of [handler] can be claimed, of [limit] in all. */
    @Synchronized
    fun of(
        handler: String,
        limit: Int,
    ): Int {
        val most = concurrencyOf(handler)
        return if (most == Int.MAX_VALUE) limit else minOf(most - countOf(handler).let { it.running + it.queued }, limit)
    }

    /** Reserves room for a call, if there is any. */
    @Synchronized
    fun tryAdd(handler: String): Boolean = (free() > 0 && of(handler, 1) > 0).also { if (it) add(handler) }

    /** Reserves room for a call that was claimed. */
    @Synchronized
    fun add(handler: String) {
        both(handler) { it.queued++ }
        unsettled++
    }

    /** A queued call will not run. */
    @Synchronized
    fun remove(handler: String): Unit = both(handler) { it.queued-- }

    /** A call that was removed is queued again. */
    @Synchronized
    fun restore(handler: String): Unit = both(handler) { it.queued++ }

    /** Calls wait longer than expected: none is claimed ahead until attempts are fast again. */
    @Synchronized
    fun slowDown() {
        pace = maxOf(pace, concurrency * AHEAD_MILLIS * NANOS_PER_MILLI * SLOWER)
    }

    /** Starts a queued call, if there is room for it to run. */
    @Synchronized
    fun tryStart(handler: String): Boolean =
        canStart(handler).also { starts ->
            if (starts) {
                both(handler) {
                    it.queued--
                    it.running++
                }
            }
        }

    /** True if a call is queued. */
    @Synchronized
    fun isAwaited(): Boolean = total.queued > 0

    /** True if one more call of [handler] could run now. */
    @Synchronized
    fun canStart(handler: String): Boolean = total.running < concurrency && countOf(handler).running < concurrencyOf(handler)

    /** A call has run for [nanos]. */
    @Synchronized
    fun end(
        handler: String,
        nanos: Long,
    ) {
        both(handler) { it.running-- }
        pace = if (pace < 0) nanos else (pace * 7 + nanos) / 8
    }

    /** The result of a call is written. */
    @Synchronized
    fun settled() {
        unsettled--
    }

    private fun countOf(handler: String) = counts.getOrPut(handler) { Count() }

    private inline fun both(
        handler: String,
        change: (Count) -> Unit,
    ) {
        change(total)
        change(countOf(handler))
    }

    /** Results that wait to be written do not keep calls from being claimed, within limits. */
    private fun free(): Long =
        ahead().toLong().let { minOf(concurrency + it - total.queued - total.running, concurrency + it * UNWRITTEN - unsettled) }

    private fun ahead(): Int {
        if (pace < 0) return 0
        return minOf(concurrency * AHEAD_MILLIS * NANOS_PER_MILLI / maxOf(pace, 1), largest()).toInt()
    }

    private companion object {
        const val AHEAD_MILLIS = 100L
        const val LARGEST = 500
        const val UNWRITTEN = 4

        /** So much slower than a pace at which one call is claimed ahead. */
        const val SLOWER = 2
    }
}
