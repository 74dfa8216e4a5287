package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.StoredCall
import java.sql.ResultSet

/**
 * Unique keys, each with the call that has it and, for a step of a handler, the call of that handler; and with when it is free again, if that
 * is after the end of a call that has ended.
 */
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
        // The call that had the key can free it between the two statements, or its time can be over; then it can be taken.
        repeat(TRIES) {
            if (session.update(sql(TAKE), key, call.cid, parent) == 1) return call.cid
            val holder = holder(session, key)
            if (holder == null) {
                session.update(sql(DELETE_FREE), key)
            } else if (holder != call.cid || session.update(sql(TAKE_AGAIN), key, holder) == 1) {
                return holder
            }
        }
        error("the unique key '$key' was taken and freed $TRIES times while it was requested")
    }

    /** The call that has [key], on the standby too when this is committed; null if it is free. */
    fun holder(
        session: JdbcSession,
        key: String,
    ): String? = session.first(sql("SELECT cid, ${sql.dialect.confirmed} $TAKEN"), key) { it.getString(1) }

    /** The calls have ended: their keys are free, now or later, except those of steps. */
    fun free(
        session: JdbcSession,
        calls: List<StoredCall>,
    ) {
        val keyed = calls.filter { it.request.uniqueKey != null && !it.request.keepUniqueKey }.sortedBy { it.request.uniqueKey }
        val (later, now) = keyed.partition { it.request.uniqueForMillis > 0 }
        session.batch(sql(FREE), now.map { listOf(it.request.uniqueKey, it.cid) })
        session.batch(sql(FREE_LATER), later.map { listOf(it.request.uniqueForMillis, it.request.uniqueKey, it.cid) })
    }

    /** Deletes at most [limit] keys that are free; returns how many. */
    fun purge(
        session: JdbcSession,
        limit: Int,
    ): Int {
        val free = session.query(sql(ALL_FREE + sql.dialect.skipLocked), limit) { it.getString(1) }
        sql.dialect.deleteAll(session, sql, "unique_key", "unique_key", free)
        return free.size
    }

    /**
     * The calls are deleted: their tags too, and their keys, unless they are free at a later time, and those of their steps are free. The key of
     * a step stays taken while its parent is known.
     */
    fun forget(
        session: JdbcSession,
        calls: List<Forgotten>,
    ) {
        sql.dialect.deleteAll(session, sql, "unique_key", "parent_cid", calls.map { it.cid })
        val keys = calls.filter { it.uniqueKey != null }.sortedBy { it.uniqueKey }
        session.batch(sql("$FREE AND free_at IS NULL AND $PARENT_UNKNOWN"), keys.map { listOf(it.uniqueKey, it.cid) })
        session.batch(sql("DELETE FROM {p}tag WHERE tag = ? AND cid = ?"), calls.flatMap { call -> call.tags.map { listOf(it, call.cid) } })
    }

    companion object {
        /** The key, if a call has it. One value: the key. */
        const val TAKEN = "FROM {p}unique_key WHERE unique_key = ? AND (free_at IS NULL OR free_at > {now})"

        private const val TRIES = 10
        private const val TAKE = "INSERT INTO {p}unique_key (unique_key, cid, parent_cid) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        private const val TAKE_AGAIN = "UPDATE {p}unique_key SET free_at = NULL WHERE unique_key = ? AND cid = ?"
        private const val FREE = "DELETE FROM {p}unique_key WHERE unique_key = ? AND cid = ?"
        private const val FREE_LATER = "UPDATE {p}unique_key SET free_at = {now} + ? WHERE unique_key = ? AND cid = ?"
        private const val DELETE_FREE = "DELETE FROM {p}unique_key WHERE unique_key = ? AND free_at <= {now}"
        private const val ALL_FREE = "SELECT unique_key FROM {p}unique_key WHERE free_at <= {now} ORDER BY free_at LIMIT ?"
        private val PARENT_UNKNOWN = "NOT EXISTS (${CallLocation.select("1", "cid = parent_cid")})"
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
