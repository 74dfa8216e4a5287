package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState

/**
 * Counts that do not scan: every transaction adds a row for what it changed, and counting sums up the rows, of which [sumUp] leaves few.
 * A shared counter would make all transactions wait for each other. Claims add nothing: what runs is few and is counted as it stands.
 */
internal class StateCounts(
    private val sql: SqlTemplate,
) {
    /** Adds [changes]. */
    fun add(
        session: JdbcSession,
        changes: Changes,
    ) {
        session.batch(sql(INSERT + "VALUES (?, ?, ?)"), changes.rows.values)
    }

    /** Of a handler, how many calls more (or fewer) are in a state, or are [LIVE]. */
    class Changes {
        val all = LinkedHashMap<Pair<String, String>, Long>()

        fun count(
            handler: String,
            state: String,
            delta: Long,
        ) {
            all.merge(handler to state, delta, Long::plus)
        }

        fun count(
            handler: String,
            state: CallState,
            delta: Long,
        ): Unit = count(handler, state.name, delta)

        val rows: ArrayParameters get() =
            SHAPE.of(
                all.filterValues { it != 0L }.map { (key, delta) -> listOf(key.first, key.second, delta) },
            )
    }

    fun counts(session: JdbcSession): List<CallCount> {
        val sums = HashMap<Pair<String, String>, Long>()
        session.query(sql("SELECT handler, state, sum(delta) FROM {p}tally GROUP BY handler, state")) {
            sums[it.getString(1) to it.getString(2)] = it.getLong(3)
        }
        session.query(sql("SELECT handler, count(*) FROM {p}call WHERE state = 'RUNNING' GROUP BY handler")) {
            sums[it.getString(1) to CallState.RUNNING.name] = it.getLong(2)
        }
        for (handler in sums.keys.map { it.first }.toSet()) {
            val waiting = sums[handler to LIVE] ?: 0
            val others = (sums[handler to CallState.HELD.name] ?: 0) + (sums[handler to CallState.RUNNING.name] ?: 0)
            sums[handler to CallState.READY.name] = waiting - others
        }
        return sums
            .filter { (key, calls) -> key.second != LIVE && calls > 0 }
            .map { (key, calls) -> CallCount(key.first, CallState.valueOf(key.second), calls) }
    }

    /** Puts one row in the place of many. */
    fun sumUp(session: JdbcSession) {
        val last = session.first(sql("SELECT max(id) FROM {p}tally")) { it.getLong(1) } ?: return
        val changes = Changes()
        session.query(sql("DELETE FROM {p}tally WHERE id <= ? RETURNING handler, state, delta"), last) {
            changes.count(it.getString(1), it.getString(2), it.getLong(3))
        }
        add(session, changes)
    }

    companion object {
        /** Not ended. */
        const val LIVE = "LIVE"

        const val INSERT = "INSERT INTO {p}tally (handler, state, delta) "
        const val VALUES = ":handler, :state, :delta"
        private val SHAPE = RowShape(linkedMapOf("handler" to "text", "state" to "text", "delta" to "int8"))

        /** What the [settled] calls that were [accepted] and have ended change. */
        fun ended(
            settled: ArrayParameters,
            accepted: (List<Any?>) -> Boolean,
        ): ArrayParameters {
            val (handler, state) = listOf("handler", "state").map(settled.shape.names::indexOf)
            val changes = Changes()
            for (row in settled.values.filter(accepted)) {
                changes.count(row[handler] as String, LIVE, -1)
                changes.count(row[handler] as String, row[state] as String, 1)
            }
            return changes.rows
        }
    }
}
