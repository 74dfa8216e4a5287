package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.spi.StoredCall

/** Unique keys, each with the call that has it. */
internal class UniqueKeys(
    private val sql: SqlTemplate,
) {
    /** Takes [key] for [cid]; returns the call that has it then. */
    fun take(
        session: JdbcSession,
        key: String,
        cid: String,
    ): String {
        // The call that had the key may give it up between the two statements; then it is to be had.
        repeat(TRIES) {
            val taken = session.update(sql("INSERT INTO {p}unique_key (unique_key, cid) VALUES (?, ?) ON CONFLICT DO NOTHING"), key, cid)
            if (taken == 1) return cid
            session.first(sql("SELECT cid FROM {p}unique_key WHERE unique_key = ?"), key) { it.getString(1) }?.let { return it }
        }
        error("the unique key '$key' was taken and given up $TRIES times while it was asked for")
    }

    fun free(
        session: JdbcSession,
        calls: List<StoredCall>,
    ) {
        session.batch(
            sql("DELETE FROM {p}unique_key WHERE unique_key = ? AND cid = ?"),
            calls.filter { it.order.uniqueKey != null }.sortedBy { it.order.uniqueKey }.map { listOf(it.order.uniqueKey, it.cid) },
        )
    }

    private companion object {
        const val TRIES = 10
    }
}
