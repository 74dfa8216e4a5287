package dev.reprise.internal.queue.jdbc.operate

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.queue.jdbc.SqlTemplate
import dev.reprise.internal.queue.operate.WorkerText
import dev.reprise.queue.operate.LaneInfo
import dev.reprise.queue.operate.WorkerInfo
import dev.reprise.queue.spi.EndRules
import dev.reprise.queue.spi.StoredCall
import java.time.Duration
import java.time.Instant

/** The workers and their lanes, as their leases describe them. */
internal class WorkerTable(
    private val sql: SqlTemplate,
) {
    fun describe(
        session: JdbcSession,
        worker: WorkerInfo,
    ) {
        val set = "UPDATE {p}lease SET info = ?, in_flight = ?, hung = ?, retain_millis = ? WHERE nonce = ?"
        val retained = worker.handlers.map { it.retention }.filter { it < FOR_GOOD }
        val longest = retained.maxOrNull() ?: Duration.ZERO
        session.update(sql(set), WorkerText.write(worker), worker.inFlight, worker.hung, longest.toMillis(), worker.nonce)
    }

    fun all(session: JdbcSession): List<WorkerInfo> = all(session, paused(session).keys)

    private fun all(
        session: JdbcSession,
        paused: Set<String>,
    ): List<WorkerInfo> =
        session.query(sql(WORKERS)) {
            WorkerText.read(
                it.getString("nonce"),
                it.getString("worker"),
                it.getString("info"),
                it.getInt("in_flight"),
                it.getInt("hung"),
                it.getLong("valid_until"),
                it.getLong("present"),
                paused,
            )
        }

    /** [rules] with what the workers announce about handlers that it does not know. They are read once, and only if that is needed. */
    fun announced(
        session: JdbcSession,
        rules: EndRules,
    ): EndRules {
        val workers by lazy { all(session) }
        return object : EndRules by rules {
            override fun retainMillis(call: StoredCall): Long = rules.retainMillis(call) ?: WorkerText.retainMillisOf(call.handler, workers)
        }
    }

    fun lanes(session: JdbcSession): List<LaneInfo> = paused(session).let { WorkerText.lanes(all(session, it.keys), it) }

    private fun paused(session: JdbcSession): Map<String, Pair<Instant, String?>> =
        session
            .query(sql("SELECT lane, paused_at, paused_by FROM {p}paused_lane")) {
                it.getString(1) to (Instant.ofEpochMilli(it.getLong(2)) to it.getString(3))
            }.toMap()

    private companion object {
        /** What is kept for longer is in no partition that ends. */
        val FOR_GOOD: Duration = Duration.ofDays(3_650)
        const val WORKERS =
            "SELECT nonce, worker, info, in_flight, hung, COALESCE(judged_at, valid_until) AS valid_until, judged_at, {now} AS present " +
                "FROM {p}lease ORDER BY worker, nonce"
    }
}
