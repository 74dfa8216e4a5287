package dev.reprise.kafka.internal.spring

import dev.reprise.kafka.internal.HeldKeys
import dev.reprise.queue.RetryQueue
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/**
 * Which order keys have live calls. A container shows one record at a time, so what was found empty is remembered: only the owner of a partition
 * makes calls of its keys, and it says so with [deferred].
 */
internal class KeyLooks(
    private val queue: RetryQueue,
    private val held: HeldKeys,
) {
    private val empty = HashMap<String, TimeMark>()

    suspend fun isLive(orderKey: String): Boolean {
        if (empty[orderKey]?.hasNotPassedNow() == true) return false
        val keys = held.some(KEYS_CHECKED) + orderKey
        val live = queue.liveOrderKeys(keys)
        held.drained(keys - live)
        if (empty.size >= MOST_REMEMBERED) empty.clear()
        val until = TimeSource.Monotonic.markNow() + REMEMBERED
        (keys - live).forEach { empty[it] = until }
        return orderKey in live
    }

    fun deferred(orderKey: String) {
        empty -= orderKey
    }

    /** Another member of the group can have made calls. */
    fun forget() = empty.clear()

    private companion object {
        /** How many of the keys that were deferred are looked up beside the one in question. */
        const val KEYS_CHECKED = 50
        const val MOST_REMEMBERED = 100_000

        /** Until a replay of a dead call that blocks none is noticed. */
        val REMEMBERED = 10.seconds
    }
}
