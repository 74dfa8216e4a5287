package dev.reprise.internal.queue.jdbc.operate

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.queue.jdbc.SqlTemplate
import dev.reprise.internal.queue.operate.plus
import dev.reprise.queue.operate.Pulse
import java.sql.ResultSet
import java.time.Instant

/** The attempts of each handler, worker and minute. */
internal class PulseTable(
    private val sql: SqlTemplate,
) {
    /** Replaces the pulses of [worker] for the minutes of [pulses]. */
    fun put(
        session: JdbcSession,
        worker: String,
        pulses: List<Pulse>,
    ) {
        val rows =
            pulses.sortedWith(compareBy({ it.at }, { it.handler })).map {
                val errors = it.errorTypes.entries.joinToString("\n") { (type, count) -> "$type\t$count" }
                listOf(it.at.toEpochMilli(), it.handler, worker, it.firstAttempts, it.retries, it.succeeded, it.failed, it.died, errors)
            }
        session.batch(sql(PUT), rows)
    }

    fun between(
        session: JdbcSession,
        from: Long,
        to: Long,
    ): List<Pulse> {
        val first = from - Math.floorMod(from, MINUTE)
        val pulses = session.query(sql("SELECT * FROM {p}pulse WHERE at >= ? AND at < ? ORDER BY at, handler"), first, to, read = ::read)
        return pulses.groupBy { it.at to it.handler }.values.map { it.reduce(Pulse::plus) }
    }

    private fun read(row: ResultSet) =
        Pulse(
            Instant.ofEpochMilli(row.getLong("at")),
            row.getString("handler"),
            row.getInt("first_attempts"),
            row.getInt("retries"),
            row.getInt("ok"),
            row.getInt("failed"),
            row.getInt("died"),
            row.getString("errors").split('\n').filter { '\t' in it }.associate {
                it.substringBefore('\t') to
                    it.substringAfter('\t').toInt()
            },
        )

    private companion object {
        const val MINUTE = 60_000L
        val VALUES = listOf("first_attempts", "retries", "ok", "failed", "died", "errors")
        val PUT =
            "INSERT INTO {p}pulse (at, handler, worker, ${VALUES.joinToString()}) VALUES (?, ?, ?, ${VALUES.joinToString { "?" }}) " +
                "ON CONFLICT (at, handler, worker) DO UPDATE SET ${VALUES.joinToString { "$it = excluded.$it" }}"
    }
}
