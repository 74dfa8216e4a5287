package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.Database
import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.model.CallState
import dev.reprise.queue.spi.Claim
import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.accepted
import dev.reprise.queue.spi.dueNoLaterThanDeadline
import dev.reprise.queue.spi.requireFutureDeadline

/** Accepts calls, in a transaction of the store or in one of the caller. */
internal class Enqueuer(
    private val sql: SqlTemplate,
    private val orders: OrderKeys,
    private val keys: UniqueKeys,
    private val errors: ErrorTable,
    private val notifications: PostgresNotifications?,
) {
    /** Accepts calls all or none, in one round trip if they need no more. */
    suspend fun accept(
        database: Database,
        calls: List<NewCall>,
    ): List<EnqueueResult> =
        if (isOneStatement(calls)) database.single { accept(this, calls) } else database.transaction { accept(this, calls) }

    /** The same in a transaction that is open. */
    fun accept(
        session: JdbcSession,
        calls: List<NewCall>,
    ): List<EnqueueResult> {
        if (calls.isEmpty()) return emptyList()
        val now = if (calls.any { it.deadline != null }) sql.now(session) else 0
        calls.forEach { it.requireFutureDeadline(now) }
        val holders = takeKeys(session, calls)
        val fresh = calls.filter { holders[it.cid] == null || holders[it.cid] == it.cid }
        val places = joinOrders(session, fresh)
        val heads = fresh.filter { places[it.cid]?.second != false }
        val claims = insert(session, fresh, places, now)
        val due = heads.filter { it.delayMillis == 0L && claims[it.cid] == null }.mapTo(HashSet()) { it.handler }
        if (due.isNotEmpty() && notifications != null) session.afterCommit { notifications.offer(due) }
        return calls.map { call ->
            val holder = holders[call.cid] ?: call.cid
            val claim = claims[call.cid]?.let { Claim(checkNotNull(call.claimedBy), FIRST_TOKEN, it) }
            EnqueueResult(holder, isNew = holder == call.cid, claim)
        }
    }

    /** True if [calls] take one statement, which needs no transaction around it. */
    private fun isOneStatement(calls: List<NewCall>) =
        !sql.dialect.hasOneWriter &&
            calls.all {
                it.uniqueKey == null && it.orderKey == null && it.deadline == null && it.tags.isEmpty() && it.firstFailure == null
            } &&
            calls.mapTo(HashSet()) { isHot(it, now = 0) }.size == 1

    /** Keys are taken in sorted sequence, so that two callers that take the same ones do not deadlock. */
    private fun takeKeys(
        session: JdbcSession,
        calls: List<NewCall>,
    ): Map<String, String> {
        val keyed = calls.filter { it.uniqueKey != null }.sortedBy { it.uniqueKey }
        return keyed.associate { it.cid to checkNotNull(keys.take(session, it)) }
    }

    private fun joinOrders(
        session: JdbcSession,
        calls: List<NewCall>,
    ): Map<String, Pair<Long, Boolean>> {
        val ordered = calls.mapNotNull { call -> call.orderKey?.let { it to call.cid } }.sortedBy { it.first }
        val joined = HashSet<String>()
        return ordered.associate { (key, cid) -> cid to orders.join(session, key, cid, advances = joined.add(key)) }
    }

    /** Returns when those were claimed that want it, by their ids; none where the worker cannot claim. */
    private fun insert(
        session: JdbcSession,
        calls: List<NewCall>,
        places: Map<String, Pair<Long, Boolean>>,
        now: Long,
    ): Map<String, Long> {
        val tables = LinkedHashMap<CallLocation, MutableList<List<Any?>>>()
        val changes = StateCounts.Changes()
        for (new in calls) {
            val (seq, isHead) = places[new.cid] ?: (0L to true)
            changes.count(new.handler, StateCounts.LIVE, 1)
            if (!isHead) changes.count(new.handler, CallState.HELD, 1)
            val location = if (isHead && isHot(new, now)) CallLocation.HOT else CallLocation.COLD
            tables.getOrPut(location) { ArrayList() } += CallTable.inserted(new.accepted(0, seq, isHead), new)
        }
        val claims = HashMap<String, Long>()
        var counts = changes.rows
        for ((table, rows) in tables) {
            claims += sql.dialect.insert(session, sql, table, CallTable.NEW.of(rows), counts)
            counts = StateCounts.Changes().rows
        }
        session.batch(sql("INSERT INTO {p}tag (tag, cid) VALUES (?, ?)"), calls.flatMap { call -> call.tags.map { listOf(it, call.cid) } })
        errors.add(session, calls.mapNotNull { call -> call.firstFailure?.let { Triple(call.cid, 1, it) } })
        return claims
    }

    /** Claimed, or due soon: at the deadline at the latest; [now] is 0 if no call of the batch has one. */
    private fun isHot(
        call: NewCall,
        now: Long,
    ) = call.claimedBy != null || call.dueNoLaterThanDeadline(now + call.delayMillis) - now <= CallLocation.SOON_MILLIS

    private companion object {
        const val FIRST_TOKEN = 1L
    }
}
