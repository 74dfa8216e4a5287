package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.spi.AUDIT_KEPT_MILLIS
import dev.reprise.queue.spi.EndRules
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.PULSE_KEPT_MILLIS
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.replayed

/** Cancels calls, and replays, discards and purges ended ones. */
internal class CallAdmin(
    private val sql: SqlTemplate,
    private val live: LiveCalls,
    private val orders: OrderKeys,
    private val keys: UniqueKeys,
    private val errors: ErrorTable,
    private val counts: StateCounts,
    private val enqueuer: Enqueuer,
) {
    private val dialect get() = sql.dialect

    /** The expiry up to which the last page was purged, while there are more: before it are index entries of deleted rows. */
    @Volatile
    private var purgedUpTo = 0L

    fun cancel(
        session: JdbcSession,
        cid: String,
        rules: EndRules,
    ): CancelResult {
        // The order is locked before the call, as everywhere.
        live
            .find(session, cid)
            ?.request
            ?.orderKey
            ?.let { orders.lock(session, it) }
        val (call, at) = live.lock(session, cid) ?: return if (isEnded(session, cid)) CancelResult.ENDED else CancelResult.UNKNOWN
        if (call.state == CallState.RUNNING) return CancelResult.REQUESTED.also { session.update(sql(REQUEST), cid) }
        val kept = rules.retainMillis(call) ?: EndRules.DEFAULT_RETAIN_MILLIS
        live.cancel(session, cid, at, kept)
        afterCancellation(session, call, rules, kept)
        return CancelResult.CANCELLED
    }

    private fun afterCancellation(
        session: JdbcSession,
        call: StoredCall,
        rules: EndRules,
        keptMillis: Long,
    ) {
        keys.free(session, listOf(call))
        call.request.orderKey
            ?.takeIf { call.state == CallState.READY }
            ?.let { orders.advance(session, it, call.cid) }
        if (call.request.callbacks.isNotEmpty()) {
            val now = sql.now(session)
            val cancelled = call.copy(state = CallState.CANCELLED, endedAt = now, expiresAt = now + keptMillis)
            enqueuer.accept(session, rules.callbacks(cancelled, errors.of(session, call.cid)))
        }
        val changes = StateCounts.Changes()
        changes.count(call.handler, StateCounts.LIVE, -1)
        if (call.state == CallState.HELD) changes.count(call.handler, CallState.HELD, -1)
        changes.count(call.handler, CallState.CANCELLED, 1)
        counts.add(session, changes)
    }

    fun replay(
        session: JdbcSession,
        cids: List<String>,
    ): List<ReplayResult> {
        val now = sql.now(session)
        // Sorted by id: the sequence of the locks, and that in which they were enqueued.
        val results = cids.toSortedSet().associateWith { replay(session, it, now, now) }
        return cids.map { results.getValue(it) }
    }

    /** Makes a dead call ready again, due at [dueAt]; with [resets] its run starts over. */
    fun replay(
        session: JdbcSession,
        cid: String,
        now: Long,
        dueAt: Long,
        resets: Boolean = false,
    ): ReplayResult {
        val head = deadCall(session, cid, "")?.request?.let { headBefore(session, it) }
        val call = deadCall(session, cid, dialect.forUpdate) ?: return ReplayResult.NOT_DEAD
        val holder = keys.take(session, call.request)
        if (holder != null && holder != cid) return ReplayResult.KEY_TAKEN
        val (seq, isHead) =
            if (head == cid) call.orderSeq to true else call.request.orderKey?.let { orders.join(session, it, cid) } ?: (0L to true)
        live.insertReplayed(session, call.replayed(now, seq, isHead, dueAt, resets), now)
        val changes = StateCounts.Changes()
        changes.count(call.handler, CallState.DEAD, -1)
        changes.count(call.handler, StateCounts.LIVE, 1)
        if (!isHead) changes.count(call.handler, CallState.HELD, 1)
        counts.add(session, changes)
        return ReplayResult.REPLAYED
    }

    /** Locks the order of a dead call and returns its head; a dead call that is skipped is not the head, even before the order has advanced. */
    private fun headBefore(
        session: JdbcSession,
        dead: NewCall,
    ): String? {
        val key = dead.orderKey ?: return null
        val head = orders.lock(session, key)
        if (head != dead.cid || dead.onDeadPredecessor == OnDeadPredecessor.BLOCK) return head
        orders.advanceLocked(session, key)
        return null
    }

    fun discard(
        session: JdbcSession,
        cids: List<String>,
    ): Int =
        cids
            .sorted()
            .mapNotNull { deadCall(session, it, dialect.forUpdate) }
            .also { forgetAll(session, it) }
            .size

    /** Deletes [gone], which have ended. */
    fun forgetAll(
        session: JdbcSession,
        gone: List<StoredCall>,
    ) {
        for ((location, calls) in gone.groupBy { CallLocation.ofEnd(it.state) }) {
            session.batch(sql("DELETE FROM {p}${location.table} WHERE cid = ?"), calls.map { listOf(it.cid) })
        }
        forget(session, gone.map(Forgotten::of))
        gone.sortedBy { it.request.orderKey }.forEach { call -> call.request.orderKey?.let { orders.advance(session, it, call.cid) } }
    }

    /** Writes the callbacks of [call], which has not ended and is locked. */
    fun setCallbacks(
        session: JdbcSession,
        call: StoredCall,
    ): Unit = live.setCallbacks(session, call)

    /** Writes when the calls are due, and their policies. They are ready or held, and locked. */
    fun reschedule(
        session: JdbcSession,
        calls: List<StoredCall>,
    ) {
        live.reschedule(session, calls)
        // A claim looks behind the due times that it has seen.
        if (calls.isNotEmpty()) session.afterCommit { dialect.keptPlace(calls) }
    }

    fun purge(
        session: JdbcSession,
        limit: Int,
    ): Int {
        val gone = dialect.purge(session, sql, purgedUpTo, limit)
        forget(session, gone)
        val next = if (gone.size == limit) gone.maxOf { it.expiresAt } else 0
        session.afterCommit { purgedUpTo = next }
        if (gone.size == limit) return limit
        session.update(sql("DELETE FROM {p}audit WHERE at < {now} - ?"), AUDIT_KEPT_MILLIS)
        session.update(sql("DELETE FROM {p}pulse WHERE at < {now} - ?"), PULSE_KEPT_MILLIS)
        return maxOf(gone.size, keys.purge(session, limit))
    }

    /** Deletes what calls leave in other tables. */
    fun forget(
        session: JdbcSession,
        gone: List<Forgotten>,
    ) {
        errors.forget(session, gone.map { it.cid })
        keys.forget(session, gone)
        val changes = StateCounts.Changes()
        gone.forEach { changes.count(it.handler, it.state, -1) }
        counts.add(session, changes)
    }

    fun deadCalls(
        session: JdbcSession,
        after: String?,
        limit: Int,
    ): List<StoredCall> =
        session.query(
            sql("SELECT ${CallTable.LIST} FROM {p}dead WHERE cid > ? ORDER BY cid LIMIT ?"),
            after.orEmpty(),
            limit,
            read = CallTable::read,
        )

    fun pause(
        session: JdbcSession,
        lane: String,
        paused: Boolean,
        by: String?,
    ) {
        val add = "INSERT INTO {p}paused_lane (lane, paused_at, paused_by) VALUES (?, {now}, ?) ON CONFLICT DO NOTHING"
        if (paused) session.update(sql(add), lane, by) else session.update(sql("DELETE FROM {p}paused_lane WHERE lane = ?"), lane)
    }

    private fun deadCall(
        session: JdbcSession,
        cid: String,
        lock: String,
    ) = session.first(sql("SELECT ${CallTable.LIST} FROM {p}dead WHERE cid = ?$lock"), cid, read = CallTable::read)

    private fun isEnded(
        session: JdbcSession,
        cid: String,
    ) = session.first(sql(ENDED), cid, cid) { true } ?: false

    private companion object {
        const val REQUEST = "UPDATE {p}call SET cancel_requested = 1 WHERE cid = ? AND state = 'RUNNING'"
        val ENDED = CallLocation.select("1", "cid = ?", CallLocation.entries - CallLocation.LIVE.toSet())
    }
}
