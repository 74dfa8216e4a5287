package dev.reprise.kafka.internal

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.OnDeadPredecessor

/**
 * The calls that this process has stored of each order key, so that no key holds more than [most]. Calls of one key end in their order, so those
 * that have not ended are the last ones. Used by one job at a time.
 */
internal class HeldKeys(
    private val queue: RetryQueue,
    private val most: Int,
) {
    private class Held(
        val onDeadPredecessor: OnDeadPredecessor,
    ) {
        var uniqueKeys = ArrayList<String>()
    }

    private val held = LinkedHashMap<String, Held>()

    fun stored(
        deferrals: List<Deferral>,
        onDeadPredecessor: (Deferral) -> OnDeadPredecessor,
    ) {
        for (deferral in deferrals) {
            val key = deferral.polled.orderKey ?: continue
            held.getOrPut(key) { Held(onDeadPredecessor(deferral)) }.uniqueKeys += deferral.polled.uniqueKey
        }
    }

    /** Some of the keys, others each time, so that the memory of those that never come again ends too. */
    fun some(limit: Int): Set<String> {
        val some = held.keys.take(limit)
        some.forEach { key -> held.remove(key)?.let { held[key] = it } }
        return some.toSet()
    }

    /** The orders of [keys] are empty. */
    fun drained(keys: Set<String>) {
        held -= keys
    }

    /** True if [orderKey] holds as many calls as it can, beside [others] that are to be stored. */
    suspend fun isFull(
        orderKey: String,
        others: Int,
    ): Boolean {
        val calls = held[orderKey]
        if (others + (calls?.uniqueKeys?.size ?: 0) < most) return false
        if (calls == null) return true
        val first = firstHeld(calls)
        calls.uniqueKeys = ArrayList(calls.uniqueKeys.drop(first))
        return others + calls.uniqueKeys.size >= most
    }

    private suspend fun firstHeld(calls: Held): Int {
        var (low, high) = 0 to calls.uniqueKeys.size
        while (low < high) {
            val middle = (low + high) / 2
            if (hasEnded(calls.uniqueKeys[middle], calls.onDeadPredecessor)) low = middle + 1 else high = middle
        }
        return low
    }

    private suspend fun hasEnded(
        uniqueKey: String,
        onDeadPredecessor: OnDeadPredecessor,
    ): Boolean {
        val call = queue.findUnique(uniqueKey) ?: return true
        return call.state.isEnd && (call.state != CallState.DEAD || onDeadPredecessor == OnDeadPredecessor.SKIP)
    }
}
