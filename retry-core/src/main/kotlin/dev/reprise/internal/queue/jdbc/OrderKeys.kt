package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.model.CallState

/**
 * The calls with the same order key: a row of `order_key` has the head of each order; the other calls are held, and claims skip them.
 *
 * Every writer locks the row of its order first. The end of a call does not wait for that lock, because a caller can hold it as long as its
 * own transaction lasts: it leaves a row in `order_pending` instead. The next transaction that locks the order advances it, whether a caller
 * joins the order or this process tries again.
 */
internal class OrderKeys(
    private val sql: SqlTemplate,
    private val counts: StateCounts,
    private val live: LiveCalls,
) {
    /** Called after the commit of an end that could not advance its order, with the key. */
    @Volatile
    var onPending: (String) -> Unit = {}

    /**
     * Puts [cid] at the end of its order, and [advances] the order if its head has ended: this transaction is the one that has locked it.
     * It must not if calls of this transaction are in the order whose rows are not written yet: it would pass them over for good.
     * Returns the position of [cid] and whether it is the head.
     */
    fun join(
        session: JdbcSession,
        key: String,
        cid: String,
        advances: Boolean = true,
    ): Pair<Long, Boolean> {
        val (head, seq) = session.query(sql(JOIN), key, cid) { it.getString(1) to it.getLong(2) }.single()
        if (head == cid || !advances || takePending(session, key) != head) return seq to (head == cid)
        val next = firstHeld(session, key)
        if (next != null) makeHead(session, key, next) else session.update(sql(SET_HEAD), cid, seq, key)
        return seq to (next == null)
    }

    private fun takePending(
        session: JdbcSession,
        key: String,
    ): String? = session.first(sql("DELETE FROM {p}order_pending WHERE order_key = ? RETURNING head"), key) { it.getString(1) }

    /** Locks the order and returns its head. */
    fun lock(
        session: JdbcSession,
        key: String,
    ): String? = session.first(sql("SELECT head FROM {p}order_key WHERE order_key = ?${sql.dialect.forUpdate}"), key) { it.getString(1) }

    fun headOf(
        session: JdbcSession,
        key: String,
    ): String? = session.first(sql("SELECT head FROM {p}order_key WHERE order_key = ?"), key) { it.getString(1) }

    /** Those of [keys] whose order has a head. */
    fun occupied(
        session: JdbcSession,
        keys: Set<String>,
    ): Set<String> = if (keys.isEmpty()) emptySet() else sql.dialect.findAll(session, sql, "order_key", "order_key", keys)

    /** Advances the order past its head [cid], now or with the next sweep. */
    fun advance(
        session: JdbcSession,
        key: String,
        cid: String,
    ) {
        val head = session.first(sql("SELECT head FROM {p}order_key WHERE order_key = ?${sql.dialect.skipLocked}"), key) { it.getString(1) }
        if (head == null) {
            // The entry of the head is not replaced by one of a former head.
            if (headOf(session, key) == cid) {
                session.update(sql(PENDING), key, cid)
                session.afterCommit { onPending(key) }
            }
        } else if (head == cid) {
            next(session, key)
        }
    }

    /** Advances the order, which is locked, past its head, and deletes its pending entry. */
    fun advanceLocked(
        session: JdbcSession,
        key: String,
    ) {
        session.update(sql("DELETE FROM {p}order_pending WHERE order_key = ?"), key)
        next(session, key)
    }

    private fun next(
        session: JdbcSession,
        key: String,
    ) {
        val next = firstHeld(session, key)
        if (next != null) makeHead(session, key, next) else session.update(sql("DELETE FROM {p}order_key WHERE order_key = ?"), key)
    }

    private fun firstHeld(
        session: JdbcSession,
        key: String,
    ): Held? = session.first(sql(FIRST_HELD), key, key) { Held(it.getString(1), it.getString(2), it.getLong(3), it.getBoolean(4)) }

    private fun makeHead(
        session: JdbcSession,
        key: String,
        call: Held,
    ) {
        session.update(sql(SET_HEAD), call.cid, call.seq, key)
        live.release(session, call.cid, call.isDueSoon)
        counts.add(session, StateCounts.Changes().apply { count(call.handler, CallState.HELD, -1) })
    }

    private class Held(
        val cid: String,
        val handler: String,
        val seq: Long,
        val isDueSoon: Boolean,
    )

    /** Advances orders that were locked when their head ended; skips those that are still locked. */
    fun advancePending(
        session: JdbcSession,
        limit: Int,
    ) {
        session
            .query(sql("SELECT order_key FROM {p}order_pending ORDER BY order_key LIMIT ?"), limit) { it.getString(1) }
            .forEach { advancePending(session, it) }
    }

    /** Advances the order [key] if its head has ended; false if another transaction has locked it. */
    fun advancePending(
        session: JdbcSession,
        key: String,
    ): Boolean {
        val head = session.first(sql("SELECT head FROM {p}order_key WHERE order_key = ?${sql.dialect.skipLocked}"), key) { it.getString(1) }
        if (head == null && headOf(session, key) != null) return false
        if (takePending(session, key) == head && head != null) next(session, key)
        return true
    }

    private companion object {
        const val JOIN =
            "INSERT INTO {p}order_key (order_key, head, head_seq, last_seq) VALUES (?, ?, 1, 1) " +
                "ON CONFLICT (order_key) DO UPDATE SET last_seq = {p}order_key.last_seq + 1 RETURNING head, last_seq"

        const val SET_HEAD = "UPDATE {p}order_key SET head = ?, head_seq = ? WHERE order_key = ?"

        /** Behind the head, so that it does not read what is left of the calls before it. Two values: the key, twice. */
        const val FIRST_HELD =
            "SELECT cid, handler, order_seq, due_at <= {now} + ${CallLocation.SOON_MILLIS} FROM {p}waiting " +
                "WHERE order_key = ? AND state = 'HELD' " +
                "AND order_seq > (SELECT head_seq FROM {p}order_key WHERE order_key = ?) ORDER BY order_seq LIMIT 1"

        const val PENDING =
            "INSERT INTO {p}order_pending (order_key, head) VALUES (?, ?) ON CONFLICT (order_key) DO UPDATE SET head = excluded.head"
    }
}
