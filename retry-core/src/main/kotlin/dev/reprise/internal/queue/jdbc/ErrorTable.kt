package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.model.AttemptError
import java.time.Instant

/** The failures of calls: of each the first one and the last 99. */
internal class ErrorTable(
    private val sql: SqlTemplate,
) {
    /** Adds failures, each with its number among those of its call, from 1. */
    fun add(
        session: JdbcSession,
        errors: List<Triple<String, Int, AttemptError>>,
    ) {
        session.batch(
            sql(
                "INSERT INTO {p}error (cid, slot, seq, attempt, at, type, message, worker) VALUES (?, ?, ?, ?, {now}, ?, ?, ?) " +
                    "ON CONFLICT (cid, slot) DO UPDATE SET seq = excluded.seq, attempt = excluded.attempt, at = excluded.at, " +
                    "type = excluded.type, message = excluded.message, worker = excluded.worker",
            ),
            errors.map { (cid, seq, error) -> listOf(cid, slot(seq), seq, error.attempt, error.type, error.message, error.worker) },
        )
    }

    private fun slot(seq: Int) = if (seq == 1) 0 else 1 + (seq - 2) % (KEPT - 1)

    fun of(
        session: JdbcSession,
        cid: String,
    ): List<AttemptError> =
        session.query(sql("SELECT attempt, at, type, message, worker FROM {p}error WHERE cid = ? ORDER BY seq"), cid) {
            AttemptError(it.getInt(1), Instant.ofEpochMilli(it.getLong(2)), it.getString(3), it.getString(4), it.getString(5))
        }

    fun forget(
        session: JdbcSession,
        cids: List<String>,
    ) {
        sql.dialect.deleteAll(session, sql, "error", "cid", cids)
    }

    private companion object {
        const val KEPT = 100
    }
}
