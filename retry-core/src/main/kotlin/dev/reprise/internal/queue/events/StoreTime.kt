package dev.reprise.internal.queue.events

import dev.reprise.queue.spi.CallClock
import java.time.Instant

/** The clock of the store, as this process reckons it from the last response that had a time, and [clock]. */
internal class StoreTime(
    private val clock: CallClock,
) {
    /** By how much the store is ahead of [clock]. */
    @Volatile
    private var ahead = 0L

    /** Now, in epoch milliseconds; the time of this process until the store has responded. */
    fun millis(): Long = clock.millis() + ahead

    fun now(): Instant = Instant.ofEpochMilli(millis())

    /** The store showed [storeNow] when it was called at [asked]. */
    fun learn(
        storeNow: Long,
        asked: Long,
    ) {
        ahead = storeNow - asked
    }
}
