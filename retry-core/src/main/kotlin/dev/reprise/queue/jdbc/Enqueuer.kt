package dev.reprise.queue.jdbc

import dev.reprise.jdbc.JdbcSession
import dev.reprise.queue.Accepted
import dev.reprise.queue.Call
import dev.reprise.queue.CallState
import dev.reprise.queue.Claim
import dev.reprise.queue.NewCall
import dev.reprise.queue.accepted
import dev.reprise.queue.requireFutureDeadline

/** Accepts calls in a transaction that is open: that of the store, or one of the caller's. */
internal class Enqueuer(
    private val sql: Sql,
    private val orders: Orders,
    private val keys: UniqueKeys,
    private val errors: ErrorTable,
    private val news: News?,
) {
    fun accept(
        session: JdbcSession,
        calls: List<NewCall>,
    ): List<Accepted> {
        if (calls.isEmpty()) return emptyList()
        if (calls.any { it.deadline != null }) sql.now(session).let { now -> calls.forEach { it.requireFutureDeadline(now) } }
        val holders = takeKeys(session, calls)
        val fresh = calls.filter { holders[it.cid] == null || holders[it.cid] == it.cid }
        val places = joinOrders(session, fresh)
        insert(session, fresh, places)
        if (fresh.any { it.claimedBy == null && it.delayMillis == 0L && places[it.cid]?.second != false }) news?.tell(session)
        val claims = fresh.filter { it.claimedBy != null && places[it.cid]?.second != false }.associate { it.cid to claim(session, it) }
        return calls.map { call ->
            val holder = holders[call.cid] ?: call.cid
            Accepted(holder, isNew = holder == call.cid, claims[call.cid])
        }
    }

    /** Keys are taken in their own order, so that two callers that take the same ones do not wait for each other in a ring. */
    private fun takeKeys(
        session: JdbcSession,
        calls: List<NewCall>,
    ): Map<String, String> {
        val keyed = calls.mapNotNull { call -> call.uniqueKey?.let { it to call.cid } }.sortedBy { it.first }
        return keyed.associate { (key, cid) -> cid to keys.take(session, key, cid) }
    }

    private fun joinOrders(
        session: JdbcSession,
        calls: List<NewCall>,
    ): Map<String, Pair<Long, Boolean>> {
        val ordered = calls.mapNotNull { call -> call.orderKey?.let { it to call.cid } }.sortedBy { it.first }
        return ordered.associate { (key, cid) -> cid to orders.join(session, key, cid) }
    }

    private fun insert(
        session: JdbcSession,
        calls: List<NewCall>,
        places: Map<String, Pair<Long, Boolean>>,
    ) {
        val changes = Tally.Changes()
        val rows =
            calls.map { new ->
                val (seq, isHead) = places[new.cid] ?: (0L to true)
                val call = new.accepted(0, seq, isHead)
                changes.count(call.handler, Tally.LIVE, 1)
                if (!isHead) changes.count(call.handler, CallState.HELD, 1)
                CallTable.inserted(call, new.delayMillis)
            }
        if (rows.isNotEmpty()) {
            sql.dialect.insert(session, sql, CallTable.INSERTED, CallTable.INSERTED_VALUES, CallTable.NEW.of(rows), changes.rows)
        }
        errors.add(session, calls.mapNotNull { call -> call.firstFailure?.let { Triple(call.cid, 1, it) } })
    }

    /** The claim of a call whose first attempt the caller makes; null if its worker has no lease any more. */
    private fun claim(
        session: JdbcSession,
        call: NewCall,
    ): Claim? {
        val owner = checkNotNull(call.claimedBy)
        return session
            .query(
                sql(
                    "UPDATE {p}call SET $TAKE WHERE cid = ? AND EXISTS (SELECT 1 FROM {p}lease WHERE nonce = ? AND valid_until > {now}) " +
                        "RETURNING token, claimed_at",
                ),
                owner,
                call.cid,
                owner,
            ) { Claim(owner, it.getLong(1), it.getLong(2)) }
            .singleOrNull()
    }
}

/** Puts a dead call back where it is claimed. */
internal fun insertReplayed(
    session: JdbcSession,
    sql: Sql,
    call: Call,
) {
    session.batch(sql("INSERT INTO {p}call (${CallTable.LIST}) VALUES (${CallTable.INSERT_VALUES})"), listOf(CallTable.values(call)))
    session.update(sql("DELETE FROM {p}ended WHERE cid = ?"), call.cid)
}
