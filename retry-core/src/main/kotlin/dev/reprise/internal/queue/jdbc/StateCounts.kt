package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import java.util.concurrent.atomic.AtomicInteger

/**
 * Counts without a scan: every transaction adds a row for its changes, and counting sums the rows, of which [sumUp] leaves few. A shared
 * counter would make all transactions wait for each other. Claims add nothing: running calls are few and are counted directly.
 */
internal class StateCounts(
    private val sql: SqlTemplate,
) {
    private val enqueuedSinceSum = AtomicInteger()

    /** True after about every ten thousandth of the [enqueued] calls: without a worker, only then the counts are summed up. */
    fun isSumDue(enqueued: Int): Boolean {
        val count = enqueuedSinceSum.addAndGet(enqueued)
        return count >= SUM_EVERY && enqueuedSinceSum.compareAndSet(count, 0)
    }

    /** Adds [changes]. */
    fun add(
        session: JdbcSession,
        changes: Changes,
    ) {
        session.batch(sql(INSERT + "VALUES (?, ?, ?)"), changes.rows.values)
    }

    /** By how many calls the count of a handler and state changes. */
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
        session.query(sql("SELECT handler, state, sum(delta) FROM {p}state_count GROUP BY handler, state")) {
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
            .filterValues { it > 0 }
            .mapNotNull { (key, calls) -> CallTable.stateOf(key.second)?.let { CallCount(key.first, it, calls) } }
    }

    /** Replaces the oldest rows by their sums, some ten thousand at most; returns true if there can be more. */
    fun sumUp(session: JdbcSession): Boolean = sql.dialect.sumUp(session, sql, LARGEST_SUM) == LARGEST_SUM

    companion object {
        /** Not ended. */
        const val LIVE = "LIVE"

        private const val LARGEST_SUM = 20_000
        private const val SUM_EVERY = 10_000

        const val INSERT = "INSERT INTO {p}state_count (handler, state, delta) "
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
