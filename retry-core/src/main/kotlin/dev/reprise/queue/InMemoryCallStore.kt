package dev.reprise.queue

import dev.reprise.internal.queue.FORGET_LEASES_MILLIS
import dev.reprise.internal.queue.MemoryErrors
import dev.reprise.internal.queue.MemoryOrders
import dev.reprise.internal.queue.MemoryTables
import dev.reprise.internal.queue.PRIORITIES
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallStatus
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.ClaimResult
import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.LeaseRenewal
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.OrphanedCalls
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.accepted
import dev.reprise.queue.spi.replayed
import dev.reprise.queue.spi.requireFutureDeadline
import dev.reprise.queue.spi.takenBy
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * Keeps calls in memory: for tests, and where losing them with the process is right. It passes the same suite as the other stores.
 *
 * All time is that of [clock]. In a test under `runTest`, `InMemoryCallStore { currentTime }` puts due times, leases, deadlines and
 * retention on virtual time.
 */
public class InMemoryCallStore(
    override val clock: CallClock = CallClock.system,
) : CallStore {
    private class Lease(
        val worker: String,
        var validUntil: Long,
    )

    private val lock = ReentrantLock()
    private val calls = MemoryTables()
    private val orders = MemoryOrders()
    private val uniqueKeys = HashMap<String, String>()
    private val errors = HashMap<String, MemoryErrors>()
    private val leases = HashMap<String, Lease>()
    private val pausedLanes = HashSet<String>()
    private val listeners = CopyOnWriteArrayList<() -> Unit>()

    override val isShared: Boolean get() = false

    override suspend fun open(): Unit = Unit

    override fun close(): Unit = Unit

    override suspend fun enqueue(calls: List<NewCall>): List<EnqueueResult> =
        reading { now ->
            calls.forEach { it.requireFutureDeadline(now) }
            calls.map { accept(it, now) }
        }.also { if (it.any(EnqueueResult::givesWork)) tell() }

    override suspend fun claim(order: ClaimRequest): ClaimResult =
        reading { now ->
            val barred = order.lane in pausedLanes || !hasLease(order.owner, now)
            val taken = if (barred) emptyList() else due(order, now).map { take(it, order.owner, now) }
            val next =
                if (barred || taken.isNotEmpty()) {
                    null
                } else {
                    order.handlers.keys
                        .mapNotNull(calls::nextDue)
                        .minOrNull()
                }
            ClaimResult(taken, now, next?.let { maxOf(it - now, 0) })
        }

    private fun due(
        order: ClaimRequest,
        now: Long,
    ): List<StoredCall> {
        val room = order.handlers.toMutableMap()
        val found = ArrayList<StoredCall>()
        for (priority in PRIORITIES.reversed()) {
            for (handler in order.handlers.keys) {
                val some = calls.due(handler, priority, now, minOf(room.getValue(handler), order.limit - found.size))
                room[handler] = room.getValue(handler) - some.size
                found += some
            }
        }
        return found
    }

    private fun take(
        call: StoredCall,
        owner: String,
        now: Long,
    ): StoredCall = call.takenBy(owner, now).also(calls::put)

    override suspend fun settle(batch: List<Settlement>): List<SettleResult> =
        reading { now -> batch.map { settle(it, now) } }.also { if (batch.any(Settlement::givesWork)) tell() }

    private fun settle(
        settlement: Settlement,
        now: Long,
    ): SettleResult {
        val stored = calls[settlement.call.cid]
        val claim = checkNotNull(settlement.call.claim)
        val fits = stored?.state == CallState.RUNNING && stored.claim?.owner == claim.owner && stored.token == claim.token
        if (!fits) return SettleResult.STALE
        // A wish to cancel that came while the call ran is not undone by its settlement.
        val applied = settlement.applied(now).copy(cancelRequested = stored.cancelRequested)
        calls.put(if (stored.cancelRequested && applied.state == CallState.READY) applied.copy(dueAt = now) else applied)
        settlement.error?.let { error -> errors.getOrPut(stored.cid) { MemoryErrors() }.add(error.copy(at = now)) }
        if (settlement.to.isEnd) ended(stored, settlement.to)
        settlement.callbacks.forEach { accept(it, now) }
        return SettleResult.ACCEPTED
    }

    /** What follows the end of a call: its key is free, and the next of its order is ready. */
    private fun ended(
        call: StoredCall,
        end: CallState,
    ) {
        if (!call.order.keepUniqueKey) call.order.uniqueKey?.let(uniqueKeys::remove)
        if (end != CallState.DEAD || call.order.onDeadHead == OnDeadPredecessor.Skip) advance(call)
    }

    private fun advance(call: StoredCall) {
        val next = call.order.orderKey?.let { orders.advance(it, call.cid) } ?: return
        calls.put(checkNotNull(calls[next]).copy(state = CallState.READY))
    }

    private fun accept(
        new: NewCall,
        now: Long,
    ): EnqueueResult {
        val first = new.uniqueKey?.let { uniqueKeys.putIfAbsent(it, new.cid) }
        if (first != null) return EnqueueResult(first, isNew = false)
        val (seq, isHead) = new.orderKey?.let { orders.join(it, new.cid) } ?: (0L to true)
        val call = new.accepted(now, seq, isHead)
        new.firstFailure?.let { errors.getOrPut(new.cid) { MemoryErrors() }.add(it.copy(at = now)) }
        calls.put(call)
        val mayTake = isHead && new.claimedIn !in pausedLanes
        val claim = new.claimedBy?.takeIf { mayTake && hasLease(it, now) }?.let { take(call, it, now).claim }
        return EnqueueResult(new.cid, isNew = true, claim)
    }

    override suspend fun claimsOf(owner: String): List<StoredCall> = reading { calls.running.values.filter { it.claim?.owner == owner } }

    override suspend fun join(
        nonce: String,
        worker: String,
        validMillis: Long,
    ): Unit = reading { now -> leases[nonce] = Lease(worker, now + validMillis) }

    override suspend fun renew(
        nonce: String,
        validMillis: Long,
    ): LeaseRenewal? =
        reading { now ->
            if (!hasLease(nonce, now)) return@reading null
            leases.getValue(nonce).validUntil = now + validMillis
            LeaseRenewal(
                calls.running.values
                    .filter { it.cancelRequested && it.claim?.owner == nonce }
                    .map { it.cid },
            )
        }

    private fun hasLease(
        nonce: String,
        now: Long,
    ) = (leases[nonce]?.validUntil ?: Long.MIN_VALUE) > now

    override suspend fun leave(nonce: String) {
        changing { leases -= nonce }
    }

    override suspend fun orphans(
        after: String?,
        limit: Int,
    ): OrphanedCalls =
        reading { now ->
            leases.values.removeIf { it.validUntil < now - FORGET_LEASES_MILLIS }
            val orphans = calls.running.behind(after).filterNot { hasLease(checkNotNull(it.claim).owner, now) }
            OrphanedCalls(orphans.take(limit).toList(), now)
        }

    override suspend fun tidy(
        retainMillis: Long,
        limit: Int,
    ): Int =
        reading { now ->
            val old =
                calls.finished.values
                    .takeWhile { checkNotNull(it.endedAt) <= now - retainMillis }
                    .take(limit)
            old.forEach { forget(it) }
            old.size
        }

    private fun forget(call: StoredCall) {
        calls.remove(call.cid)
        errors -= call.cid
        call.order.uniqueKey?.let { uniqueKeys.remove(it, call.cid) }
    }

    override suspend fun cancel(
        cid: String,
        callbacks: List<NewCall>,
    ): CancelResult =
        changing { now ->
            val call = calls[cid]
            when {
                call == null -> CancelResult.UNKNOWN
                call.state.isEnd -> CancelResult.ENDED
                call.state == CallState.RUNNING -> CancelResult.REQUESTED.also { calls.put(call.copy(cancelRequested = true)) }
                else -> CancelResult.CANCELLED.also { cancel(call, callbacks, now) }
            }
        }

    private fun cancel(
        call: StoredCall,
        callbacks: List<NewCall>,
        now: Long,
    ) {
        calls.put(call.copy(state = CallState.CANCELLED, endedAt = now))
        if (call.state == CallState.HELD) orders.leave(checkNotNull(call.order.orderKey), call.orderSeq)
        ended(call, CallState.CANCELLED)
        callbacks.forEach { accept(it, now) }
    }

    override suspend fun replay(cids: List<String>): List<ReplayResult> =
        changing { now ->
            val results = cids.toSortedSet().associateWith { replay(it, now) }
            cids.map { results.getValue(it) }
        }

    private fun replay(
        cid: String,
        now: Long,
    ): ReplayResult {
        val call = calls[cid]?.takeIf { it.state == CallState.DEAD } ?: return ReplayResult.NOT_DEAD
        val holder = call.order.uniqueKey?.let { uniqueKeys.putIfAbsent(it, cid) }
        if (holder != null && holder != cid) return ReplayResult.KEY_TAKEN
        val isBlockingHead = call.order.orderKey?.let(orders::headOf) == cid
        val (seq, isHead) =
            if (isBlockingHead) call.orderSeq to true else call.order.orderKey?.let { orders.join(it, cid) } ?: (0L to true)
        calls.put(call.replayed(now, seq, isHead))
        return ReplayResult.REPLAYED
    }

    override suspend fun discard(cids: List<String>): Int =
        changing {
            cids
                .mapNotNull { calls[it] }
                .filter { it.state == CallState.DEAD }
                .onEach { forget(it).also { _ -> advance(it) } }
                .size
        }

    override suspend fun dead(
        after: String?,
        limit: Int,
    ): List<StoredCall> =
        reading {
            calls.dead
                .behind(after)
                .take(limit)
                .toList()
        }

    override suspend fun pause(
        lane: String,
        paused: Boolean,
    ) {
        changing { if (paused) pausedLanes += lane else pausedLanes -= lane }
    }

    override suspend fun find(cid: String): StoredCall? = reading { calls[cid] }

    override suspend fun errors(cid: String): List<AttemptError> = reading { errors[cid]?.all().orEmpty() }

    override suspend fun counts(): List<CallCount> = reading { calls.counts() }

    override suspend fun situation(cid: String): CallStatus? =
        reading { now ->
            val call = calls[cid] ?: return@reading null
            val head =
                call.order.orderKey
                    ?.let(orders::headOf)
                    ?.takeIf { it != cid }
            val lease = call.claim?.let { leases[it.owner] }
            val headIsDead = head?.let { calls[it]?.state } == CallState.DEAD
            CallStatus(call, now, head, headIsDead, lease?.worker, lease?.let { it.validUntil - now }, pausedLanes.toSet())
        }

    override fun onChange(listener: () -> Unit): AutoCloseable {
        listeners += listener
        return AutoCloseable { listeners -= listener }
    }

    private inline fun <T> reading(read: (now: Long) -> T): T = lock.withLock { read(clock.millis()) }

    private inline fun <T> changing(change: (now: Long) -> T): T = reading(change).also { tell() }

    private fun tell() {
        listeners.forEach { it() }
    }
}

/** The values behind the key [after], or all. */
private fun java.util.TreeMap<String, StoredCall>.behind(after: String?): Sequence<StoredCall> =
    (if (after == null) values else tailMap(after, false).values).asSequence()
