package dev.reprise.internal.queue.operate

import dev.reprise.internal.queue.ChangeListeners
import dev.reprise.internal.queue.MemoryKeys
import dev.reprise.internal.queue.MemoryLeases
import dev.reprise.internal.queue.MemoryOrders
import dev.reprise.internal.queue.MemoryTables
import dev.reprise.internal.queue.PausedLane
import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.operate.AuditEntry
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.CallSummary
import dev.reprise.queue.operate.Cursor
import dev.reprise.queue.operate.Group
import dev.reprise.queue.operate.GroupBy
import dev.reprise.queue.operate.LaneInfo
import dev.reprise.queue.operate.OperatorAction
import dev.reprise.queue.operate.Page
import dev.reprise.queue.operate.Pulse
import dev.reprise.queue.operate.WorkerInfo
import dev.reprise.queue.spi.AUDIT_KEPT_MILLIS
import dev.reprise.queue.spi.ActionPage
import dev.reprise.queue.spi.ActionPageResult
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallOperations
import dev.reprise.queue.spi.EndRules
import dev.reprise.queue.spi.StoredCall
import java.time.Instant
import java.util.TreeMap
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock

/** The state of a store in memory that lists and actions use, and its lock. */
internal class MemoryState(
    val lock: ReentrantLock,
    val clock: CallClock,
    val calls: MemoryTables,
    val orders: MemoryOrders,
    val keys: MemoryKeys,
    val leases: MemoryLeases,
    val pausedLanes: Map<String, PausedLane>,
    val listeners: ChangeListeners,
)

/** The lists of a store in memory, and the actions, by the functions of the store that change a call. */
@OptIn(RepriseSpi::class)
internal class MemoryOperations(
    private val state: MemoryState,
    private val cancel: (StoredCall, EndRules, Long) -> CancelResult,
    private val replay: (cid: String, now: Long, dueAt: Long, resets: Boolean) -> ReplayResult,
    private val discard: (StoredCall) -> Unit,
) : CallOperations {
    private val lists = MemoryLists(state)
    private val pulses = MemoryPulses()
    private val entries = TreeMap<String, KeptEntry>(reverseOrder())

    /** An entry of the audit, and when it was last written. */
    private class KeptEntry(
        val entry: AuditEntry,
        val writtenAt: Long,
    )

    private inline fun <T> locked(work: (now: Long) -> T): T = state.lock.withLock { work(state.clock.millis()) }

    override suspend fun calls(
        query: CallQuery,
        after: Cursor?,
        limit: Int,
    ): Page<CallSummary> = locked { lists.page(query, after, limit).map(StoredCall::toSummary) }

    override suspend fun groups(
        query: CallQuery,
        by: Set<GroupBy>,
    ): List<Group> = locked { lists.groups(query, by) }

    override suspend fun due(
        handlers: Set<String>,
        from: Long?,
        bucketMillis: Long,
        buckets: Int,
    ): List<Long> = locked { now -> lists.due(handlers, from ?: now, bucketMillis, buckets) }

    override suspend fun pulse(
        from: Long,
        to: Long,
    ): List<Pulse> = locked { pulses.between(from, to) }

    override suspend fun putPulses(
        worker: String,
        pulses: List<Pulse>,
    ): Unit = locked { now -> this.pulses.put(worker, pulses, now) }

    override suspend fun describe(worker: WorkerInfo): Unit =
        locked {
            state.leases.all[worker.nonce]?.apply {
                info = WorkerText.write(worker)
                inFlight = worker.inFlight
                hung = worker.hung
            }
        }

    override suspend fun workers(): List<WorkerInfo> = locked { now -> lists.workers(now) }

    override suspend fun lanes(): List<LaneInfo> =
        locked { now ->
            WorkerText.lanes(lists.workers(now), state.pausedLanes.mapValues { Instant.ofEpochMilli(it.value.at) to it.value.by })
        }

    override suspend fun audit(
        after: Cursor?,
        limit: Int,
    ): Page<AuditEntry> =
        locked { now ->
            val rest = if (after == null) entries else entries.tailMap(AuditCursor.read(after), false)
            AuditCursor.page(rest.values.take(limit + 1).map { it.entry.seenAt(now, it.writtenAt) }, limit)
        }

    override suspend fun record(entry: AuditEntry): AuditEntry = locked { now -> store(entry, now) }

    private fun store(
        entry: AuditEntry,
        now: Long,
    ): AuditEntry {
        val begun = entries[entry.id]?.entry?.at ?: Instant.ofEpochMilli(now)
        entries.values.removeIf { it.entry.at.toEpochMilli() < now - AUDIT_KEPT_MILLIS }
        return entry.at(begun).also { entries[entry.id] = KeptEntry(it, now) }
    }

    override suspend fun act(page: ActionPage): ActionPageResult {
        val result = locked { now -> act(page, now) }
        if (page.entry != null) state.listeners.notifyListeners()
        return result
    }

    private fun act(
        page: ActionPage,
        now: Long,
    ): ActionPageResult {
        val found = lists.page(page.query.stable(), page.after, page.limit)
        val tally = ActionTally(page, now)
        for (cid in found.items.map { it.cid }.sorted()) {
            // As it is now: the end of a call before it in its order has changed it.
            val call = state.calls[cid]
            tally.count(call, changeOrSkip(page, call, tally.nextDue, now))
        }
        val result = tally.result(found)
        page.entry?.let { store(tally.added(it, found), now) }
        return result
    }

    /** Changes a call, unless this is a dry run; returns why not, or null. */
    private fun changeOrSkip(
        page: ActionPage,
        call: StoredCall?,
        due: Long,
        now: Long,
    ): Skip? {
        ActionRules.skip(page.action, call, now)?.let { return Skip(it) }
        if (call == null) return null
        if (page.action is OperatorAction.Replay) keyHolder(call, now)?.let { return Skip.ofKey(it) }
        if (page.entry != null) change(page, call, due, now)
        return null
    }

    /** The other call that has the unique key of [call] now; null if none has. */
    private fun keyHolder(
        call: StoredCall,
        now: Long,
    ) = call.request.uniqueKey
        ?.let { state.keys.holder(it, now) }
        ?.takeIf { it != call.cid }

    private fun change(
        page: ActionPage,
        call: StoredCall,
        due: Long,
        now: Long,
    ) {
        when (val action = page.action) {
            is OperatorAction.Cancel -> cancel(ActionRules.cancelled(action, call)?.also(state.calls::put) ?: call, page.rules, now)
            is OperatorAction.Replay -> replay(call.cid, now, due, action.reset)
            is OperatorAction.Discard -> discard(call)
            else -> ActionRules.changed(action, call, due, now)?.let(state.calls::put)
        }
    }
}
