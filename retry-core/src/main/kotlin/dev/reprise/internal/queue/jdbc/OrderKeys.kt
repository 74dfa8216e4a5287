package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.model.CallState

/**
 * The calls with the same order key: a row of `orders` says which is at the head, the others are held and no claim meets them.
 *
 * Whoever writes to an order locks its row first. An end does not wait for that lock: a caller may hold it for as long as its own
 * transaction lasts. It leaves a note in `stuck_order` instead, and the next sweep goes on from there.
 */
internal class OrderKeys(
    private val sql: SqlTemplate,
    private val tally: StateCounts,
) {
    /** Puts [cid] at the end of its order; returns its place and whether it is the head. */
    fun join(
        session: JdbcSession,
        key: String,
        cid: String,
    ): Pair<Long, Boolean> =
        session
            .query(
                sql(
                    "INSERT INTO {p}orders (order_key, head, last_seq) VALUES (?, ?, 1) " +
                        "ON CONFLICT (order_key) DO UPDATE SET last_seq = {p}orders.last_seq + 1 RETURNING head, last_seq",
                ),
                key,
                cid,
            ) { it.getLong(2) to (it.getString(1) == cid) }
            .single()

    /** The head of the order, which stays what it is until the end of the transaction. */
    fun lock(
        session: JdbcSession,
        key: String,
    ): String? = session.first(sql("SELECT head FROM {p}orders WHERE order_key = ?${sql.dialect.forUpdate}"), key) { it.getString(1) }

    fun headOf(
        session: JdbcSession,
        key: String,
    ): String? = session.first(sql("SELECT head FROM {p}orders WHERE order_key = ?"), key) { it.getString(1) }

    /** Lets the order go on behind its head [cid], or notes that it has to. */
    fun advance(
        session: JdbcSession,
        key: String,
        cid: String,
    ) {
        val head = session.first(sql("SELECT head FROM {p}orders WHERE order_key = ?${sql.dialect.skipLocked}"), key) { it.getString(1) }
        if (head == null) {
            // A note about the head is not written over for one that was it once.
            if (headOf(session, key) == cid) session.update(sql(NOTE), key, cid)
        } else if (head == cid) {
            next(session, key)
        }
    }

    /** Lets the order, which is locked, go on behind its head. Nobody has to be told later that it must. */
    fun goOn(
        session: JdbcSession,
        key: String,
    ) {
        session.update(sql("DELETE FROM {p}stuck_order WHERE order_key = ?"), key)
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
            session.update(sql("DELETE FROM {p}orders WHERE order_key = ?"), key)
            return
        }
        session.update(sql("UPDATE {p}orders SET head = ? WHERE order_key = ?"), next.first, key)
        session.update(sql("UPDATE {p}call SET state = 'READY' WHERE cid = ?"), next.first)
        tally.add(session, StateCounts.Changes().apply { count(next.second, CallState.HELD, -1) })
    }

    /** Lets those go on that could not when their head ended; passes over those that are still being written to. */
    fun unstick(
        session: JdbcSession,
        limit: Int,
    ) {
        val stuck =
            session.query(sql("SELECT order_key, head FROM {p}stuck_order ORDER BY order_key LIMIT ?${sql.dialect.skipLocked}"), limit) {
                it.getString(1) to it.getString(2)
            }
        for ((key, cid) in stuck) {
            session.update(sql("DELETE FROM {p}stuck_order WHERE order_key = ?"), key)
            if (headOf(session, key) == cid) advance(session, key, cid)
        }
    }

    private companion object {
        const val NOTE =
            "INSERT INTO {p}stuck_order (order_key, head) VALUES (?, ?) ON CONFLICT (order_key) DO UPDATE SET head = excluded.head"
    }
}
