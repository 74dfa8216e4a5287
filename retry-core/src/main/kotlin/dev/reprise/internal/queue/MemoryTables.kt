package dev.reprise.internal.queue

import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.spi.CallTransitions
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.NewCall
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
    private val cids = TreeSet<String>()

    /** All calls by id. */
    val all: Sequence<StoredCall> get() = cids.asSequence().map { calls.getValue(it) }

    /** The same, the last one first. */
    val allDescending: Sequence<StoredCall> get() = cids.descendingSet().asSequence().map { calls.getValue(it) }
    private val ready = HashMap<String, Array<TreeSet<Due>>>()
    private val counts = HashMap<Pair<String, CallState>, Long>()

    /** The running calls by id. */
    val running = TreeMap<String, StoredCall>()

    /** The dead calls by id. */
    val dead = TreeMap<String, StoredCall>()

    /** The calls that succeeded or were cancelled, by the end of their retention. */
    private val finished = TreeSet<Due>()

    operator fun get(cid: String): StoredCall? = calls[cid]

    /** Stores [call], and replaces its former state. */
    fun put(call: StoredCall) {
        val before = calls.put(call.cid, call)
        if (before == null) {
            cids += call.cid
        } else {
            if (before.state != call.state) CallTransitions.require(before.state, call.state)
            unindex(before)
        }
        index(call)
    }

    fun remove(cid: String): StoredCall? = calls.remove(cid)?.also(::unindex)?.also { cids -= cid }

    /** Deletes the call, which stays counted in the state in which it ended. */
    fun removeCounted(cid: String) {
        val call = remove(cid) ?: return
        counts.merge(call.handler to call.state, 1, Long::plus)
    }

    /** The due calls that [request] can claim, higher priorities first. */
    fun due(
        request: ClaimRequest,
        now: Long,
    ): List<StoredCall> {
        val room = request.handlers.toMutableMap()
        val found = ArrayList<StoredCall>()
        for (priority in NewCall.PRIORITIES.reversed()) {
            for (handler in request.handlers.keys) {
                val some = due(handler, priority, now, minOf(room.getValue(handler), request.limit - found.size))
                room[handler] = room.getValue(handler) - some.size
                found += some
            }
        }
        return found
    }

    private fun due(
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

    /** When the next call of the handlers of [request] is due; null if there is none. */
    fun nextDue(request: ClaimRequest): Long? =
        request.handlers.keys
            .flatMap { ready[it]?.asList().orEmpty() }
            .mapNotNull { it.firstOrNull()?.at }
            .minOrNull()

    /** At most [limit] calls whose retention is over at [now]. */
    fun expired(
        now: Long,
        limit: Int,
    ): List<StoredCall> =
        finished
            .asSequence()
            .takeWhile { it.at <= now }
            .take(limit)
            .map { calls.getValue(it.cid) }
            .toList()

    private fun expiry(call: StoredCall) = Due(call.expiresAt ?: Long.MAX_VALUE, call.cid)

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
                finished += expiry(call)
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
                finished -= expiry(call)
            }
        }
    }

    private fun readyOf(call: StoredCall) =
        ready.getOrPut(call.handler) {
            Array(NewCall.PRIORITIES.count()) { TreeSet() }
        }[call.request.priority]
}

/** The values after the key [key], or all. */
internal fun TreeMap<String, StoredCall>.after(key: String?): Sequence<StoredCall> =
    (if (key == null) values else tailMap(key, false).values).asSequence()
