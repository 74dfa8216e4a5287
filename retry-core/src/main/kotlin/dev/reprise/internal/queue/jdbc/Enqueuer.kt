package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.model.CallState
import dev.reprise.queue.spi.Claim
import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.accepted
import dev.reprise.queue.spi.dueNoLaterThanDeadline
import dev.reprise.queue.spi.requireFutureDeadline
import dev.reprise.queue.spi.takenBy

/** Accepts calls in an open transaction: that of the store, or one of the caller. */
internal class Enqueuer(
    private val sql: SqlTemplate,
    private val orders: OrderKeys,
    private val keys: UniqueKeys,
    private val errors: ErrorTable,
    private val notifications: PostgresNotifications?,
) {
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
        val claims = claims(session, heads)
        insert(session, fresh, places, claims, now)
        val due = heads.filter { it.delayMillis == 0L && claims[it.cid] == null }.mapTo(HashSet()) { it.handler }
        if (due.isNotEmpty() && notifications != null) session.afterCommit { notifications.offer(due) }
        return calls.map { call ->
            val holder = holders[call.cid] ?: call.cid
            EnqueueResult(holder, isNew = holder == call.cid, claims[call.cid])
        }
    }

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
        return ordered.associate { (key, cid) -> cid to orders.join(session, key, cid) }
    }

    /** The claims of calls that are enqueued as claimed, by their ids; none where the worker cannot claim. */
    private fun claims(
        session: JdbcSession,
        calls: List<NewCall>,
    ): Map<String, Claim> {
        val wanted = calls.filter { it.claimedBy != null }.groupBy { checkNotNull(it.claimedBy) to it.claimedIn }
        val claims = HashMap<String, Claim>()
        for ((place, taken) in wanted) {
            val (owner, lane) = place
            val now = session.first(sql("SELECT {now} WHERE $MAY_CLAIM"), owner, lane) { it.getLong(1) } ?: continue
            taken.associateTo(claims) { it.cid to Claim(owner, FIRST_TOKEN, now) }
        }
        return claims
    }

    private fun insert(
        session: JdbcSession,
        calls: List<NewCall>,
        places: Map<String, Pair<Long, Boolean>>,
        claims: Map<String, Claim>,
        now: Long,
    ) {
        val tables = LinkedHashMap<CallLocation, MutableList<List<Any?>>>()
        val changes = StateCounts.Changes()
        for (new in calls) {
            val (seq, isHead) = places[new.cid] ?: (0L to true)
            val call = new.accepted(0, seq, isHead).let { call -> claims[call.cid]?.let { call.takenBy(it.owner, it.at) } ?: call }
            changes.count(call.handler, StateCounts.LIVE, 1)
            if (!isHead) changes.count(call.handler, CallState.HELD, 1)
            val isHot = call.claim != null || (isHead && new.isDueSoon(now))
            tables.getOrPut(if (isHot) CallLocation.HOT else CallLocation.COLD) { ArrayList() } += CallTable.inserted(call, new.delayMillis)
        }
        var counts = changes.rows
        for ((table, rows) in tables) {
            sql.dialect.insert(session, sql, table, CallTable.NEW.of(rows), counts)
            counts = StateCounts.Changes().rows
        }
        session.batch(sql("INSERT INTO {p}tag (tag, cid) VALUES (?, ?)"), calls.flatMap { call -> call.tags.map { listOf(it, call.cid) } })
        errors.add(session, calls.mapNotNull { call -> call.firstFailure?.let { Triple(call.cid, 1, it) } })
    }

    /** Due at the deadline at the latest; [now] is 0 if no call of the batch has one. */
    private fun NewCall.isDueSoon(now: Long) = dueNoLaterThanDeadline(now + delayMillis) - now <= CallLocation.SOON_MILLIS

    private companion object {
        const val FIRST_TOKEN = 1L
    }
}
