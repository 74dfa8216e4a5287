package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.StoredCall
import java.sql.ResultSet

/** Unique keys, each with the call that has it and, for a step of a handler, the call of that handler. */
internal class UniqueKeys(
    private val sql: SqlTemplate,
) {
    /** Takes the key of [call] for it; returns the call that has it then, or null if it has no key. */
    fun take(
        session: JdbcSession,
        call: NewCall,
    ): String? {
        val key = call.uniqueKey ?: return null
        val parent = call.origCid.takeIf { call.keepUniqueKey }
        // The call that had the key can free it between the two statements; then it can be taken.
        repeat(TRIES) {
            if (session.update(sql(TAKE), key, call.cid, parent) == 1) return call.cid
            session.first(sql("SELECT cid FROM {p}unique_key WHERE unique_key = ?"), key) { it.getString(1) }?.let { return it }
        }
        error("the unique key '$key' was taken and freed $TRIES times while it was requested")
    }

    /** The calls have ended: their keys are free, except those of steps. */
    fun free(
        session: JdbcSession,
        calls: List<StoredCall>,
    ) {
        session.batch(sql(FREE), keysOf(calls.filterNot { it.request.keepUniqueKey }))
    }

    /** The calls are deleted: their keys and those of their steps are free. The key of a step stays taken while its parent is known. */
    fun forget(
        session: JdbcSession,
        calls: List<Forgotten>,
    ) {
        sql.dialect.deleteAll(session, sql, "unique_key", "parent_cid", calls.map { it.cid })
        val keys = calls.filter { it.uniqueKey != null }.sortedBy { it.uniqueKey }
        session.batch(sql(FREE + PARENT_UNKNOWN), keys.map { listOf(it.uniqueKey, it.cid) })
    }

    private fun keysOf(calls: List<StoredCall>): List<List<Any?>> =
        calls.filter { it.request.uniqueKey != null }.sortedBy { it.request.uniqueKey }.map { listOf(it.request.uniqueKey, it.cid) }

    private companion object {
        const val TRIES = 10
        const val TAKE = "INSERT INTO {p}unique_key (unique_key, cid, parent_cid) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        const val FREE = "DELETE FROM {p}unique_key WHERE unique_key = ? AND cid = ?"
        const val PARENT_UNKNOWN =
            " AND NOT EXISTS (SELECT 1 FROM {p}call WHERE cid = parent_cid) AND NOT EXISTS (SELECT 1 FROM {p}ended WHERE cid = parent_cid)"
    }
}

/** What is needed of a call that is deleted: not its payload. */
internal class Forgotten(
    val cid: String,
    val handler: String,
    val state: String,
    val uniqueKey: String?,
    val tags: List<String>,
) {
    companion object {
        const val COLUMNS = "cid, handler, state, unique_key, tags"

        fun read(row: ResultSet) =
            Forgotten(row.getString(1), row.getString(2), row.getString(3), row.getString(4), row.getString(5)?.split('\n').orEmpty())
    }
}
