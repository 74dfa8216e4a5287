package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.Database
import dev.reprise.internal.jdbc.DatabaseProduct
import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.jdbc.longOrNull
import java.sql.SQLException
import java.time.Instant
import java.time.ZoneOffset

/**
 * The partitions of finished calls in PostgreSQL, by the day on which calls expire. Each is dropped as a whole: deleting so many rows would leave as
 * many dead ones. Where a worker keeps calls for long, a partition spans several days, since a call is looked up in all of them. Where few calls
 * finish there is only the first one, whose calls are deleted; it also has all calls that expire later than there are partitions.
 */
internal class FinishedPartitions(
    private val sql: SqlTemplate,
    private val database: Database,
    private val admin: CallAdmin,
) {
    /** What keeps partitions from being added; null if nothing does. */
    @Volatile
    var warning: String? = null
        private set

    /**
     * Adds the partitions of the coming days if many calls finish, deletes what at most [limit] calls of a partition that is over leave in
     * other tables, and drops it when all of that is deleted. Returns how many calls that were.
     */
    suspend fun keep(limit: Int): Int {
        if (warning != null) return 0
        return try {
            if (database.single { missing() }.isNotEmpty()) database.transaction { addMissing() }
            database.transaction { clear(limit) }.also { if (it < limit) database.transaction { dropOne() } }
        } catch (e: SQLException) {
            postponed(e)
        }
    }

    /** A table that is in use is dropped later. A role that must not change tables never can. */
    private fun postponed(failure: SQLException): Int {
        if (failure.sqlState == FORBIDDEN) {
            warning = "finished calls are deleted row by row, because the role cannot add partitions: ${failure.message}; let it own the " +
                "tables and create some in their schema, then restart"
        } else if (failure.sqlState != LOCKED) {
            throw failure
        }
        return 0
    }

    private fun JdbcSession.addMissing() {
        // Before anything else: a snapshot that is older than the lock would not show what another process has added meanwhile.
        DatabaseProduct.POSTGRESQL.lockSchema(this)
        limitLocks()
        for (span in missing()) {
            val table = tableOf(span.first)
            update(sql("CREATE TABLE $table (LIKE {p}finished) WITH ($VACUUM)"))
            update(sql("ALTER TABLE {p}finished ATTACH PARTITION $table FOR VALUES IN (${span.first})"))
            update(sql("INSERT INTO {p}bucket (bucket, until_at, cleared) VALUES (?, ?, '')"), span.first, span.last + 1)
        }
    }

    /** The spans from today on that have no partition; none where few calls finish. */
    private fun JdbcSession.missing(): List<LongRange> {
        val needed =
            query(sql(NEEDED), MANY) { Triple(it.getLong("now"), it.longOrNull("until_at"), it.longOrNull("retained") ?: 0) }
                .singleOrNull() ?: return emptyList()
        val (now, end, retained) = needed
        return spans(now / DAY, end?.let { it / DAY }, retained)
    }

    private fun JdbcSession.clear(limit: Int): Int {
        val (bucket, after) = first(sql(TO_CLEAR)) { it.getLong(1) to it.getString(2) } ?: return 0
        val page = sql("SELECT ${Forgotten.COLUMNS} FROM ${tableOf(bucket)} WHERE cid > ? ORDER BY cid LIMIT ?")
        val gone = query(page, after, limit, read = Forgotten::read)
        admin.forget(this, gone)
        update(sql("UPDATE {p}bucket SET cleared = ? WHERE bucket = ?"), gone.lastOrNull()?.cid?.takeIf { gone.size == limit }, bucket)
        return gone.size
    }

    private fun JdbcSession.dropOne() {
        val bucket = first(sql(TO_DROP)) { it.getLong(1) } ?: return
        limitLocks()
        update(sql("DROP TABLE ${tableOf(bucket)}"))
        update(sql("DELETE FROM {p}bucket WHERE bucket = ?"), bucket)
    }

    /** Everything that finishes a call waits behind this transaction while it waits for a lock. */
    private fun JdbcSession.limitLocks() {
        query("SELECT set_config('lock_timeout', '$LOCK_MILLIS', true)") {}
    }

    private fun tableOf(bucket: Long) =
        "{p}finished_" +
            Instant
                .ofEpochMilli(bucket)
                .atZone(ZoneOffset.UTC)
                .toLocalDate()
                .toString()
                .replace("-", "")

    internal companion object {
        private const val DAY = 86_400_000L

        /** How many days there are partitions for at least, today included. */
        private const val AHEAD = 9

        /** In how many partitions the calls of the longest retention are. */
        private const val PARTITIONS = 16

        /**
         * The spans for calls that are kept for at most [retained] milliseconds and end [today] or tomorrow, from [end] on, where the last partition
         * ends; in days since 1970.
         */
        fun spans(
            today: Long,
            end: Long?,
            retained: Long,
        ): List<LongRange> {
            val days = ceilDiv(retained, DAY)
            val width = maxOf(1, ceilDiv(days, PARTITIONS.toLong()))
            val starts = maxOf(today, end ?: 0) until today + maxOf(AHEAD.toLong(), days + 2) step width
            return starts.map { it * DAY until (it + width) * DAY }
        }

        private fun ceilDiv(
            value: Long,
            by: Long,
        ) = (value + by - 1) / by

        /** As long as there are fewer finished calls, they are deleted. */
        private const val MANY = 100_000
        private const val LOCK_MILLIS = 100

        /** Long enough that no transaction that finishes a call is still open. */
        private const val GRACE = 3_600_000L
        private const val LOCKED = "55P03"
        private const val FORBIDDEN = "42501"
        private const val VACUUM =
            "autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0"
        private const val NEEDED =
            "SELECT {now} AS now, (SELECT max(until_at) FROM {p}bucket) AS until_at, " +
                "(SELECT max(retain_millis) FROM {p}lease) AS retained WHERE " +
                "(SELECT sum(delta) FROM {p}state_count WHERE state IN ('SUCCEEDED', 'CANCELLED')) >= ?"
        private const val OVER = "FROM {p}bucket WHERE until_at < {now} - $GRACE"
        private const val TO_CLEAR = "SELECT bucket, cleared $OVER AND cleared IS NOT NULL ORDER BY bucket LIMIT 1 FOR UPDATE"
        private const val TO_DROP = "SELECT bucket $OVER AND cleared IS NULL ORDER BY bucket LIMIT 1 FOR UPDATE"
    }
}
