package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.jdbc.intOrNull
import dev.reprise.internal.jdbc.longOrNull
import dev.reprise.queue.model.AttemptError
import java.sql.ResultSet
import java.time.Instant
import kotlin.time.Duration.Companion.milliseconds

/** The failures of calls: of each the first one and the last 99, with the stack traces of the first and of the last one. */
internal class ErrorTable(
    private val sql: SqlTemplate,
) {
    /** Adds failures, each with its number among those of its call, from 1. */
    fun add(
        session: JdbcSession,
        errors: List<Triple<String, Int, AttemptError>>,
    ) {
        session.batch(sql(ADD), errors.map { (cid, seq, error) -> listOf(cid, slot(seq), seq) + values(error) })
        val traces = errors.mapNotNull { (cid, seq, error) -> error.trace?.let { listOf(cid, minOf(seq, 2) - 1, it) } }
        session.batch(sql(ADD_TRACE), traces)
    }

    private fun values(error: AttemptError): List<Any?> =
        listOf(
            error.attempt,
            error.type,
            error.message,
            error.worker,
            error.causes.joinToString("\n"),
            error.elapsed?.inWholeMilliseconds,
            error.retryAfter?.inWholeMilliseconds,
            error.isRetryable?.let { if (it) 1 else 0 },
            error.handlerVersion,
        )

    private fun slot(seq: Int) = if (seq == 1) 0 else 1 + (seq - 2) % (KEPT - 1)

    fun of(
        session: JdbcSession,
        cid: String,
    ): List<AttemptError> {
        val traces = session.query(sql("SELECT slot, trace FROM {p}trace WHERE cid = ?"), cid) { it.getInt(1) to it.getString(2) }.toMap()
        val errors = session.query(sql("SELECT * FROM {p}error WHERE cid = ? ORDER BY seq"), cid) { it.getInt("seq") to read(it) }
        return errors.mapIndexed { i, (seq, error) ->
            when {
                seq == 1 -> error.copy(trace = traces[0])
                i == errors.lastIndex -> error.copy(trace = traces[1])
                else -> error
            }
        }
    }

    private fun read(row: ResultSet) =
        AttemptError(
            row.getInt("attempt"),
            Instant.ofEpochMilli(row.getLong("at")),
            row.getString("type"),
            row.getString("message"),
            row.getString("worker"),
            row.getString("causes").split('\n').filter { it.isNotEmpty() },
            trace = null,
            row.longOrNull("elapsed")?.milliseconds,
            row.longOrNull("retry_after")?.milliseconds,
            row.intOrNull("retryable")?.let { it != 0 },
            row.intOrNull("handler_version"),
        )

    fun forget(
        session: JdbcSession,
        cids: List<String>,
    ) {
        sql.dialect.deleteAll(session, sql, "error", "cid", cids)
        sql.dialect.deleteAll(session, sql, "trace", "cid", cids)
    }

    private companion object {
        const val KEPT = 100
        val COLUMNS = listOf("attempt", "type", "message", "worker", "causes", "elapsed", "retry_after", "retryable", "handler_version")

        val ADD =
            "INSERT INTO {p}error (cid, slot, seq, ${COLUMNS.joinToString()}, at) VALUES (?, ?, ?, ${COLUMNS.joinToString {
                "?"
            }}, {now}) " +
                "ON CONFLICT (cid, slot) DO UPDATE SET ${(COLUMNS + "seq" + "at").joinToString { "$it = excluded.$it" }}"

        const val ADD_TRACE =
            "INSERT INTO {p}trace (cid, slot, trace) VALUES (?, ?, ?) ON CONFLICT (cid, slot) DO UPDATE SET trace = excluded.trace"
    }
}
