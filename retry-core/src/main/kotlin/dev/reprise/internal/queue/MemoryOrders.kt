package dev.reprise.internal.queue

import java.util.TreeMap

/** The orders: for each key the call at its head, and those behind it. */
internal class MemoryOrders {
    private class Order(
        var head: String,
    ) {
        var last = 0L
        val held = TreeMap<Long, String>()
    }

    private val orders = HashMap<String, Order>()

    fun headOf(key: String): String? = orders[key]?.head

    /** Puts [cid] at the end of its order; returns its position and whether it is the head. */
    fun join(
        key: String,
        cid: String,
    ): Pair<Long, Boolean> {
        val order = orders.getOrPut(key) { Order(cid) }
        val seq = ++order.last
        if (order.head != cid) order.held[seq] = cid
        return seq to (order.head == cid)
    }

    /** Removes a call that is not the head. */
    fun leave(
        key: String,
        seq: Long,
    ) {
        orders[key]?.held?.remove(seq)
    }

    /** Removes the head [cid]; returns the next one, or null if there is none, or [cid] is not the head. */
    fun advance(
        key: String,
        cid: String,
    ): String? {
        val order = orders[key]?.takeIf { it.head == cid } ?: return null
        val next = order.held.pollFirstEntry()?.value
        if (next == null) orders -= key else order.head = next
        return next
    }
}
