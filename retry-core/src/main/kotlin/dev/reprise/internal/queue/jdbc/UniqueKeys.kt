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
            holder(session, key)?.let { return it }
        }
        error("the unique key '$key' was taken and freed $TRIES times while it was requested")
    }

    /** The call that has [key], on the standby too when this is committed; null if it is free. */
    fun holder(
        session: JdbcSession,
        key: String,
    ): String? = session.first(sql("SELECT cid, ${sql.dialect.confirmed} FROM {p}unique_key WHERE unique_key = ?"), key) { it.getString(1) }

    /** The calls have ended: their keys are free, except those of steps. */
    fun free(
        session: JdbcSession,
        calls: List<StoredCall>,
    ) {
        session.batch(sql(FREE), keysOf(calls.filterNot { it.request.keepUniqueKey }))
    }

    /** The calls are deleted: their tags too, and their keys and those of their steps are free. The key of a step stays taken while its parent is known. */
    fun forget(
        session: JdbcSession,
        calls: List<Forgotten>,
    ) {
        sql.dialect.deleteAll(session, sql, "unique_key", "parent_cid", calls.map { it.cid })
        val keys = calls.filter { it.uniqueKey != null }.sortedBy { it.uniqueKey }
        session.batch(sql(FREE + PARENT_UNKNOWN), keys.map { listOf(it.uniqueKey, it.cid) })
        session.batch(sql("DELETE FROM {p}tag WHERE tag = ? AND cid = ?"), calls.flatMap { call -> call.tags.map { listOf(it, call.cid) } })
    }

    private fun keysOf(calls: List<StoredCall>): List<List<Any?>> =
        calls.filter { it.request.uniqueKey != null }.sortedBy { it.request.uniqueKey }.map { listOf(it.request.uniqueKey, it.cid) }

    private companion object {
        const val TRIES = 10
        const val TAKE = "INSERT INTO {p}unique_key (unique_key, cid, parent_cid) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        const val FREE = "DELETE FROM {p}unique_key WHERE unique_key = ? AND cid = ?"
        val PARENT_UNKNOWN = " AND NOT EXISTS (${CallLocation.select("1", "cid = parent_cid")})"
    }
}

/** What is needed of a call that is deleted: not its payload. */
internal class Forgotten(
    val cid: String,
    val handler: String,
    val state: String,
    val uniqueKey: String?,
    /** When its retention is over; 0 for a dead call. */
    val expiresAt: Long,
    val tags: List<String>,
) {
    companion object {
        const val COLUMNS = "cid, handler, state, unique_key, expires_at, tags"

        fun of(call: StoredCall) =
            Forgotten(call.cid, call.handler, call.state.name, call.request.uniqueKey, call.expiresAt ?: 0, call.request.tags)

        fun read(row: ResultSet) =
            Forgotten(
                row.getString(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                row.getLong(5),
                row.getString(6)?.split('\n').orEmpty(),
            )
    }
}
