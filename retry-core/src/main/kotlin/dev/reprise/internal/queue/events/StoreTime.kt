package dev.reprise.internal.queue.events

import dev.reprise.queue.spi.CallClock
import java.time.Instant
import kotlin.math.abs

/** The clock of the store, as this process reckons it from the responses of the store and [clock]. */
internal class StoreTime(
    private val clock: CallClock,
) {
    /** By how much the store is ahead of [clock]: at least [least], at most [most]. */
    private class Offset(
        val least: Long,
        val most: Long,
    )

    @Volatile
    private var offset: Offset? = null

    /** Now, in epoch milliseconds; the time of this process until the store has responded. */
    fun millis(): Long = clock.millis() + (offset?.most ?: 0)

    fun now(): Instant = Instant.ofEpochMilli(millis())

    /** The store showed [storeNow] at some time since [asked]. */
    fun learn(
        storeNow: Long,
        asked: Long,
    ) {
        val before = offset
        val next = Offset(storeNow - clock.millis(), storeNow - asked)
        offset = next
        val jump = if (before == null) 0 else jump(before, next)
        if (abs(jump) < JUMP_MILLIS) return
        QueueLogs.store.log(System.Logger.Level.WARNING) {
            "the clock of the store has jumped ${if (jump > 0) "forward" else "back"} by ${abs(jump)} ms"
        }
    }

    private fun jump(
        before: Offset,
        next: Offset,
    ) = when {
        next.least > before.most -> next.least - before.most
        next.most < before.least -> next.most - before.least
        else -> 0
    }

    private companion object {
        const val JUMP_MILLIS = 2_000
    }
}
