package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.model.CallState

/**
 * The calls with the same order key: a row of `order_key` has the head of each order; the other calls are held, and claims skip them.
 *
 * Every writer locks the row of its order first. The end of a call does not wait for that lock, because a caller can hold it as long as its
 * own transaction lasts: it leaves a row in `order_pending` instead, and the next sweep advances the order.
 */
internal class OrderKeys(
    private val sql: SqlTemplate,
    private val counts: StateCounts,
) {
    /** Puts [cid] at the end of its order; returns its position and whether it is the head. */
    fun join(
        session: JdbcSession,
        key: String,
        cid: String,
    ): Pair<Long, Boolean> =
        session
            .query(
                sql(
                    "INSERT INTO {p}order_key (order_key, head, last_seq) VALUES (?, ?, 1) " +
                        "ON CONFLICT (order_key) DO UPDATE SET last_seq = {p}order_key.last_seq + 1 RETURNING head, last_seq",
                ),
                key,
                cid,
            ) { it.getLong(2) to (it.getString(1) == cid) }
            .single()

    /** Locks the order and returns its head. */
    fun lock(
        session: JdbcSession,
        key: String,
    ): String? = session.first(sql("SELECT head FROM {p}order_key WHERE order_key = ?${sql.dialect.forUpdate}"), key) { it.getString(1) }

    fun headOf(
        session: JdbcSession,
        key: String,
    ): String? = session.first(sql("SELECT head FROM {p}order_key WHERE order_key = ?"), key) { it.getString(1) }

    /** Advances the order past its head [cid], now or with the next sweep. */
    fun advance(
        session: JdbcSession,
        key: String,
        cid: String,
    ) {
        val head = session.first(sql("SELECT head FROM {p}order_key WHERE order_key = ?${sql.dialect.skipLocked}"), key) { it.getString(1) }
        if (head == null) {
            // The entry of the head is not replaced by one of a former head.
            if (headOf(session, key) == cid) session.update(sql(PENDING), key, cid)
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
        val next =
            session.first(sql("SELECT cid, handler FROM {p}call WHERE order_key = ? AND state = 'HELD' ORDER BY order_seq LIMIT 1"), key) {
                it.getString(1) to it.getString(2)
            }
        if (next == null) {
            session.update(sql("DELETE FROM {p}order_key WHERE order_key = ?"), key)
            return
        }
        session.update(sql("UPDATE {p}order_key SET head = ? WHERE order_key = ?"), next.first, key)
        session.update(sql("UPDATE {p}call SET state = 'READY' WHERE cid = ?"), next.first)
        counts.add(session, StateCounts.Changes().apply { count(next.second, CallState.HELD, -1) })
    }

    /** Advances orders that were locked when their head ended; skips those that are still locked. */
    fun advancePending(
        session: JdbcSession,
        limit: Int,
    ) {
        val pending =
            session.query(sql("SELECT order_key, head FROM {p}order_pending ORDER BY order_key LIMIT ?${sql.dialect.skipLocked}"), limit) {
                it.getString(1) to it.getString(2)
            }
        for ((key, cid) in pending) {
            session.update(sql("DELETE FROM {p}order_pending WHERE order_key = ?"), key)
            if (headOf(session, key) == cid) advance(session, key, cid)
        }
    }

    private companion object {
        const val PENDING =
            "INSERT INTO {p}order_pending (order_key, head) VALUES (?, ?) ON CONFLICT (order_key) DO UPDATE SET head = excluded.head"
    }
}
