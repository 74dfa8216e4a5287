package dev.reprise.queue

import dev.reprise.internal.queue.ChangeListeners
import dev.reprise.internal.queue.MemoryErrors
import dev.reprise.internal.queue.MemoryKeys
import dev.reprise.internal.queue.MemoryLeases
import dev.reprise.internal.queue.MemoryOrders
import dev.reprise.internal.queue.MemoryTables
import dev.reprise.internal.queue.PausedLane
import dev.reprise.internal.queue.after
import dev.reprise.internal.queue.operate.MemoryOperations
import dev.reprise.internal.queue.operate.MemoryState
import dev.reprise.internal.queue.operate.keptMillis
import dev.reprise.internal.queue.operate.status
import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallOperations
import dev.reprise.queue.spi.CallStatus
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.ClaimResult
import dev.reprise.queue.spi.EndRules
import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.LeaseJudgement
import dev.reprise.queue.spi.LeaseRenewal
import dev.reprise.queue.spi.LeaseSweep
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.OrphanedCalls
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.WorkListener
import dev.reprise.queue.spi.accepted
import dev.reprise.queue.spi.replayed
import dev.reprise.queue.spi.requireFutureDeadline
import dev.reprise.queue.spi.takenBy
import java.time.Instant
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/**
 * Keeps calls in memory: for tests, and where the calls can be lost with the process. It passes the same test suite as the other stores.
 *
 * All time is that of [clock]. In a test under `runTest`, `InMemoryCallStore { currentTime }` puts due times, leases, deadlines and
 * retention on virtual time.
 */
@OptIn(RepriseSpi::class)
public class InMemoryCallStore(
    override val clock: CallClock = CallClock.system,
) : CallStore {
    private val lock = ReentrantLock()
    private val calls = MemoryTables()
    private val orders = MemoryOrders()
    private val keys = MemoryKeys()
    private val errors = HashMap<String, MemoryErrors>()
    private val leases = MemoryLeases()
    private val pausedLanes = HashMap<String, PausedLane>()
    private val listeners = ChangeListeners()

    private val state = MemoryState(lock, clock, calls, orders, keys, leases, pausedLanes, listeners)

    override val operations: CallOperations = MemoryOperations(state, ::cancel, ::replay, ::discard)

    override val isShared: Boolean get() = false

    override suspend fun open(): Unit = Unit

    override fun close(): Unit = Unit

    override suspend fun enqueue(calls: List<NewCall>): List<EnqueueResult> =
        reading { now ->
            calls.forEach { it.requireFutureDeadline(now) }
            calls.map { accept(it, now) }
        }.also { listeners.enqueued(calls, it) }

    override suspend fun claim(request: ClaimRequest): ClaimResult =
        reading { now ->
            val barred = request.lane in pausedLanes || !leases.isHeld(request.owner)
            val taken = if (barred) emptyList() else calls.due(request, now).map { it.takenBy(request.owner, now).also(calls::put) }
            val next = if (barred || taken.isNotEmpty()) null else calls.nextDue(request)
            ClaimResult(taken, now, next?.let { maxOf(it - now, 0) })
        }

    override suspend fun recordStart(call: StoredCall): Boolean =
        reading {
            val stored = calls[call.cid]?.takeIf { it.isHeldBy(call) }
            stored?.let { calls.put(it.copy(hasStarted = true)) } != null
        }

    private fun StoredCall.isHeldBy(claimed: StoredCall) =
        state == CallState.RUNNING && claim?.owner == claimed.claim?.owner && token == claimed.claim?.token

    override suspend fun settle(batch: List<Settlement>): List<SettleResult> =
        reading { now -> batch.map { settle(it, now) } }.also { listeners.settled(batch) }

    private fun settle(
        settlement: Settlement,
        now: Long,
    ): SettleResult {
        val stored = calls[settlement.call.cid]
        if (stored?.isHeldBy(settlement.call) != true) return SettleResult.STALE
        // A cancellation that was requested while the call ran is kept.
        val applied = settlement.applied(now).copy(cancelRequested = stored.cancelRequested)
        calls.put(if (stored.cancelRequested && applied.state == CallState.READY) applied.copy(dueAt = now) else applied)
        settlement.error?.let { error -> errors.getOrPut(stored.cid) { MemoryErrors() }.add(error.at(Instant.ofEpochMilli(now))) }
        if (settlement.to.isEnd) afterEnd(stored, settlement.to, now)
        if (settlement.dropsCall) forget(stored) { calls.removeCounted(it) }
        settlement.callbacks.forEach { accept(it, now) }
        return SettleResult.ACCEPTED
    }

    /** After the end of a call its key is free, now or later, and the next call of its order is ready. */
    private fun afterEnd(
        call: StoredCall,
        end: CallState,
        now: Long,
    ) {
        keys.free(call.request, now)
        if (end != CallState.DEAD || call.request.onDeadPredecessor == OnDeadPredecessor.SKIP) advance(call)
    }

    private fun advance(call: StoredCall) {
        val next = call.request.orderKey?.let { orders.advance(it, call.cid) } ?: return
        calls.put(checkNotNull(calls[next]).copy(state = CallState.READY))
    }

    private fun accept(
        new: NewCall,
        now: Long,
    ): EnqueueResult {
        val first = keys.take(new, now)
        if (first != null) return EnqueueResult(first, isNew = false)
        val (seq, isHead) = new.orderKey?.let { orders.join(it, new.cid) } ?: (0L to true)
        val call = new.accepted(now, seq, isHead)
        new.firstFailure?.let { errors.getOrPut(new.cid) { MemoryErrors() }.add(it.at(Instant.ofEpochMilli(now))) }
        calls.put(call)
        val mayTake = isHead && new.claimedIn !in pausedLanes
        val claim = new.claimedBy?.takeIf { mayTake && leases.isHeld(it) }?.let { call.takenBy(it, now).also(calls::put).claim }
        return EnqueueResult(new.cid, isNew = true, claim)
    }

    override suspend fun claimedBy(owner: String): List<StoredCall> = reading { calls.running.values.filter { it.claim?.owner == owner } }

    override suspend fun openLease(
        nonce: String,
        worker: String,
        isNamed: Boolean,
        validMillis: Long,
    ): Unit = reading { now -> leases.open(nonce, worker, now, now + validMillis) }

    override suspend fun renewLease(
        nonce: String,
        validMillis: Long,
        inFlight: Int,
        hung: Int,
    ): LeaseRenewal? =
        reading { now ->
            if (!leases.renew(nonce, now, now + validMillis, inFlight, hung)) return@reading null
            LeaseRenewal(
                calls.running.values
                    .filter { it.cancelRequested && it.claim?.owner == nonce }
                    .map { it.cid },
                pausedLanes.keys.toSet(),
            )
        }

    override suspend fun closeLease(nonce: String) {
        changing { leases.close(nonce) }
    }

    override suspend fun sweep(sweep: LeaseSweep): LeaseJudgement = reading { now -> leases.sweep(sweep, now) }

    override suspend fun takeTurn(
        duty: String,
        everyMillis: Long,
    ): Boolean = reading { now -> leases.takeTurn(duty, now, everyMillis) }

    override suspend fun orphans(
        after: String?,
        limit: Int,
    ): OrphanedCalls =
        reading { now ->
            leases.purge(now)
            val orphans = calls.running.after(after).filterNot { leases.isHeld(checkNotNull(it.claim).owner) }
            OrphanedCalls(orphans.take(limit).toList(), now)
        }

    override suspend fun purge(limit: Int): Int =
        reading { now -> maxOf(calls.expired(now, limit).onEach { forget(it) }.size, keys.purge(now, limit)) }

    private fun forget(
        call: StoredCall,
        remove: (String) -> Unit = calls::remove,
    ) {
        remove(call.cid)
        errors -= call.cid
        keys.forget(call.request) { calls[it] != null }
    }

    override suspend fun cancel(
        cid: String,
        rules: EndRules,
    ): CancelResult = changing { now -> calls[cid]?.let { cancel(it, rules, now) } ?: CancelResult.UNKNOWN }

    private fun cancel(
        call: StoredCall,
        rules: EndRules,
        now: Long,
    ): CancelResult {
        if (call.state.isEnd) return CancelResult.ENDED
        if (call.state == CallState.RUNNING) return CancelResult.REQUESTED.also { calls.put(call.copy(cancelRequested = true)) }
        val cancelled = call.copy(state = CallState.CANCELLED, endedAt = now, expiresAt = now + state.keptMillis(call, rules, now))
        calls.put(cancelled)
        if (call.state == CallState.HELD) orders.leave(checkNotNull(call.request.orderKey), call.orderSeq)
        afterEnd(call, CallState.CANCELLED, now)
        rules.callbacks(cancelled, errors[call.cid]?.all().orEmpty()).forEach { accept(it, now) }
        return CancelResult.CANCELLED
    }

    override suspend fun replay(cids: List<String>): List<ReplayResult> =
        changing { now ->
            val results = cids.toSortedSet().associateWith { replay(it, now, now) }
            cids.map { results.getValue(it) }
        }

    private fun replay(
        cid: String,
        now: Long,
        dueAt: Long,
        resets: Boolean = false,
    ): ReplayResult {
        val call = calls[cid]?.takeIf { it.state == CallState.DEAD } ?: return ReplayResult.NOT_DEAD
        if (keys.take(call.request, now) != null) return ReplayResult.KEY_TAKEN
        val isBlockingHead = call.request.orderKey?.let(orders::headOf) == cid
        val (seq, isHead) =
            if (isBlockingHead) call.orderSeq to true else call.request.orderKey?.let { orders.join(it, cid) } ?: (0L to true)
        calls.put(call.replayed(now, seq, isHead, dueAt, resets))
        return ReplayResult.REPLAYED
    }

    override suspend fun discard(cids: List<String>): Int =
        changing {
            cids
                .mapNotNull { calls[it] }
                .filter { it.state == CallState.DEAD }
                .onEach(::discard)
                .size
        }

    private fun discard(call: StoredCall) {
        forget(call)
        advance(call)
    }

    override suspend fun deadCalls(
        after: String?,
        limit: Int,
    ): List<StoredCall> =
        reading {
            calls.dead
                .after(after)
                .take(limit)
                .toList()
        }

    override suspend fun pause(
        lane: String,
        paused: Boolean,
        by: String?,
    ) {
        changing { now -> if (paused) pausedLanes.putIfAbsent(lane, PausedLane(now, by)) else pausedLanes.remove(lane) }
    }

    override suspend fun find(cid: String): StoredCall? = reading { calls[cid] }

    override suspend fun findUnique(uniqueKey: String): StoredCall? = reading { now -> keys.holder(uniqueKey, now)?.let { calls[it] } }

    override suspend fun liveOrderKeys(keys: Set<String>): Set<String> = reading { keys.filterTo(HashSet()) { orders.headOf(it) != null } }

    override suspend fun errors(cid: String): List<AttemptError> = reading { errors[cid]?.all().orEmpty() }

    override suspend fun counts(): List<CallCount> = reading { calls.counts() }

    override suspend fun status(cid: String): CallStatus? = reading { now -> state.status(cid, now) }

    override fun onChange(listener: WorkListener): AutoCloseable = listeners.add(listener)

    private inline fun <T> reading(read: (now: Long) -> T): T = lock.withLock { read(clock.millis()) }

    private inline fun <T> changing(change: (now: Long) -> T): T = reading(change).also { listeners.notifyListeners() }
}
