package dev.reprise.internal.queue.jdbc.operate

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.queue.jdbc.SqlTemplate
import dev.reprise.internal.queue.operate.AuditCursor
import dev.reprise.internal.queue.operate.seenAt
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.operate.AuditEntry
import dev.reprise.queue.operate.Cursor
import dev.reprise.queue.operate.Page
import java.sql.ResultSet
import java.time.Instant

/** What operators did. */
internal class AuditTable(
    private val sql: SqlTemplate,
) {
    fun page(
        session: JdbcSession,
        after: Cursor?,
        limit: Int,
    ): Page<AuditEntry> {
        val behind = if (after == null) Conditions() else Conditions().add("id < ?", AuditCursor.read(after))
        val values = (behind.values + (limit + 1)).toTypedArray()
        val page = "SELECT a.*, {now} AS present FROM {p}audit a WHERE $behind ORDER BY id DESC LIMIT ?"
        val entries = session.query(sql(page), *values) { read(it).seenAt(it.getLong("present"), it.getLong("written_at")) }
        return AuditCursor.page(entries, limit)
    }

    /** Writes [entry], or what its action has done since; returns it as it is stored. */
    fun record(
        session: JdbcSession,
        entry: AuditEntry,
    ): AuditEntry =
        with(entry) {
            val values = arrayOf<Any?>(id, actor.name, actor.via.name, action, query, reason, matched, changed, state.name)
            session.query(sql(RECORD), *values, read = ::read).single()
        }

    private fun read(row: ResultSet) =
        AuditEntry(
            row.getString("id"),
            Instant.ofEpochMilli(row.getLong("at")),
            Actor(row.getString("actor"), Actor.Via.entries.find { it.name == row.getString("via") } ?: Actor.Via.CODE),
            row.getString("action"),
            row.getString("query"),
            row.getString("reason"),
            row.getInt("matched"),
            row.getInt("changed"),
            AuditEntry.State.valueOf(row.getString("state")),
        )

    private companion object {
        const val RECORD =
            "INSERT INTO {p}audit (id, at, written_at, actor, via, action, query, reason, matched, changed, state) " +
                "VALUES (?, {now}, {now}, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET written_at = excluded.written_at, " +
                "matched = excluded.matched, changed = excluded.changed, state = excluded.state RETURNING *"
    }
}
