package dev.reprise.queue.jdbc

import dev.reprise.jdbc.JdbcSession
import dev.reprise.queue.AttemptError
import dev.reprise.queue.Call
import dev.reprise.queue.CallCount
import dev.reprise.queue.CallState

/** Unique keys, each with the call that has it. */
internal class UniqueKeys(
    private val sql: Sql,
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
        calls: List<Call>,
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

/** What went wrong with calls: of each the first failure and the last 99. */
internal class ErrorTable(
    private val sql: Sql,
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
            AttemptError(it.getInt(1), it.getLong(2), it.getString(3), it.getString(4), it.getString(5))
        }

    fun forget(
        session: JdbcSession,
        cids: List<String>,
    ) {
        session.batch(sql("DELETE FROM {p}error WHERE cid = ?"), cids.map { listOf(it) })
    }

    private companion object {
        const val KEPT = 100
    }
}

/**
 * Counts that do not scan: every transaction adds a row for what it changed, and counting sums up the rows, of which [sumUp] leaves few.
 * A shared counter would make all transactions wait for each other. Claims add nothing: what runs is few and is counted as it stands.
 */
internal class Tally(
    private val sql: Sql,
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

        val rows: Rows get() = SHAPE.of(all.filterValues { it != 0L }.map { (key, delta) -> listOf(key.first, key.second, delta) })
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
            settled: Rows,
            accepted: (List<Any?>) -> Boolean,
        ): Rows {
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
