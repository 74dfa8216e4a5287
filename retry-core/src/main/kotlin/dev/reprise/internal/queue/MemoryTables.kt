package dev.reprise.internal.queue

import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.spi.CallTransitions
import dev.reprise.queue.spi.StoredCall
import java.util.TreeMap
import java.util.TreeSet

/** The calls of an [InMemoryCallStore][dev.reprise.queue.InMemoryCallStore] and the indexes over them, which [put] keeps in step. Not thread-safe. */
internal class MemoryTables {
    private class Due(
        val at: Long,
        val cid: String,
    ) : Comparable<Due> {
        override fun compareTo(other: Due): Int = compareValuesBy(this, other, { it.at }, { it.cid })
    }

    private val calls = HashMap<String, StoredCall>()
    private val ready = HashMap<String, Array<TreeSet<Due>>>()
    private val counts = HashMap<Pair<String, CallState>, Long>()

    /** The running calls by id. */
    val running = TreeMap<String, StoredCall>()

    /** The dead calls by id. */
    val dead = TreeMap<String, StoredCall>()

    /** The calls that ended well or were cancelled, the oldest end first. */
    val finished = LinkedHashMap<String, StoredCall>()

    operator fun get(cid: String): StoredCall? = calls[cid]

    /** Takes in [call] as it now is, in the place of what it was. */
    fun put(call: StoredCall) {
        val before = calls.put(call.cid, call)
        if (before != null) {
            if (before.state != call.state) CallTransitions.require(before.state, call.state)
            unindex(before)
        }
        index(call)
    }

    fun remove(cid: String): StoredCall? = calls.remove(cid)?.also(::unindex)

    /** At most [limit] calls of [handler] that are due, higher priorities first. */
    fun due(
        handler: String,
        priority: Int,
        now: Long,
        limit: Int,
    ): List<StoredCall> =
        ready[handler]
            ?.get(priority)
            .orEmpty()
            .asSequence()
            .takeWhile { it.at <= now }
            .take(limit)
            .map { calls.getValue(it.cid) }
            .toList()

    /** When the next call of [handler] is due. */
    fun nextDue(handler: String): Long? = ready[handler]?.mapNotNull { it.firstOrNull()?.at }?.minOrNull()

    fun counts(): List<CallCount> = counts.filterValues { it > 0 }.map { (key, n) -> CallCount(key.first, key.second, n) }

    private fun index(call: StoredCall) {
        counts.merge(call.handler to call.state, 1, Long::plus)
        when (call.state) {
            CallState.HELD -> {}

            CallState.READY -> {
                readyOf(call) += Due(call.dueAt, call.cid)
            }

            CallState.RUNNING -> {
                running[call.cid] = call
            }

            CallState.DEAD -> {
                dead[call.cid] = call
            }

            CallState.SUCCEEDED, CallState.CANCELLED -> {
                finished[call.cid] = call
            }
        }
    }

    private fun unindex(call: StoredCall) {
        counts.merge(call.handler to call.state, -1, Long::plus)
        when (call.state) {
            CallState.HELD -> {}

            CallState.READY -> {
                readyOf(call) -= Due(call.dueAt, call.cid)
            }

            CallState.RUNNING -> {
                running -= call.cid
            }

            CallState.DEAD -> {
                dead -= call.cid
            }

            CallState.SUCCEEDED, CallState.CANCELLED -> {
                finished -= call.cid
            }
        }
    }

    private fun readyOf(call: StoredCall) = ready.getOrPut(call.handler) { Array(PRIORITIES.count()) { TreeSet() } }[call.order.priority]
}

internal val PRIORITIES = 0..9

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

    /** Puts [cid] at the end of its order; returns its place and whether it is the head. */
    fun join(
        key: String,
        cid: String,
    ): Pair<Long, Boolean> {
        val order = orders.getOrPut(key) { Order(cid) }
        val seq = ++order.last
        if (order.head != cid) order.held[seq] = cid
        return seq to (order.head == cid)
    }

    /** Takes a call out that is not the head. */
    fun leave(
        key: String,
        seq: Long,
    ) {
        orders[key]?.held?.remove(seq)
    }

    /** Takes the head [cid] out; returns the next one, or null if there is none, or [cid] is not the head. */
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

/** The first failure of a call and the last ones. */
internal class MemoryErrors {
    private var first: AttemptError? = null
    private val last = ArrayDeque<AttemptError>()

    fun add(error: AttemptError) {
        if (first == null) {
            first = error
        } else {
            if (last.size == ERRORS_KEPT - 1) last.removeFirst()
            last += error
        }
    }

    fun all(): List<AttemptError> = listOfNotNull(first) + last
}

internal const val ERRORS_KEPT = 100

internal const val FORGET_LEASES_MILLIS = 3_600_000L
