package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.Column
import dev.reprise.internal.jdbc.DatabaseProduct
import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.jdbc.longOrNull
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.ClaimResult
import dev.reprise.queue.spi.StoredCall
import org.postgresql.core.BaseConnection
import org.postgresql.jdbc.PreferQueryMode
import java.sql.ResultSet
import java.sql.SQLException
import kotlin.time.measureTimedValue

/** PostgreSQL: locked rows are skipped. */
internal class PostgresDialect : Dialect {
    private val places = ClaimCursors()
    private val coldLooks = FullScans()

    override val hasOneWriter = false
    override val canNotify = true
    override val hasLateral = true
    override val now = DatabaseProduct.POSTGRESQL.now
    override val emptyBytes = "''::bytea"
    override val forUpdate = " FOR UPDATE"
    override val skipLocked = " FOR UPDATE SKIP LOCKED"
    override val confirmed =
        "CASE WHEN current_setting('synchronous_standby_names') <> '' THEN pg_logical_emit_message(true, 'reprise', '') END"

    override fun lines(column: String): String = "string_agg($column, chr(10))"

    // Starting parallel workers takes longer than a page of any size.
    override val listPlanning =
        "SELECT set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true), " +
            "set_config('max_parallel_workers_per_gather', '0', true)"

    /** In the partition for the day on which they expire, if it exists. */
    override fun finish(
        changes: Map<String, String>,
        from: String,
    ): String {
        val expires = changes.getValue("expires_at")
        val bucket = "SELECT max(b.bucket) FROM {p}bucket b WHERE b.bucket <= $expires AND b.until_at > $expires"
        return "INSERT INTO {p}finished (${CallTable.LIST}, bucket) SELECT ${CallTable.listWith(
            changes,
        )}, COALESCE(($bucket), 0) FROM $from"
    }

    override fun claim(
        session: JdbcSession,
        sql: SqlTemplate,
        request: ClaimRequest,
    ): ClaimResult? {
        val pairs = (PRIORITY_COUNT - 1 downTo 0).flatMap { priority -> request.handlers.keys.map { ClaimCursor(it, priority) } }
        val known = places.of(pairs)
        val (calls, took) = measureTimedValue { claim(session, sql, request, pairs, known) }
        if (known.all { it == 0L }) places.tookFromStart(took)
        // A cursor can be past calls that became visible late.
        val isPast = calls == null && known.any { it > 0 } && places.startIsCheap
        return if (isPast) claim(session, sql, request, pairs, pairs.map { 0L }) else calls
    }

    private fun claim(
        session: JdbcSession,
        sql: SqlTemplate,
        request: ClaimRequest,
        pairs: List<ClaimCursor>,
        from: List<Long>,
    ): ClaimResult? {
        var refusedAt: Long? = null
        val calls =
            session.planned(
                PLANNED_ONCE,
                sql(ClaimSql.CLAIM),
                Column("text", pairs.map { it.handler }),
                Column("int4", pairs.map { it.priority }),
                Column("int4", pairs.map { request.handlers.getValue(it.handler) }),
                Column("int8", from),
                request.owner,
                request.lane,
                request.limit,
                request.owner,
            ) {
                if (!it.getBoolean("is_taken")) refusedAt = it.getLong("looked_at")
                if (it.getString("cid") == null) null else CallTable.read(it)
            }
        refusedAt?.let { return ClaimResult(emptyList(), it, null) }
        return resultOf(calls.filterNotNull().also(places::learn))
    }

    override fun sumUp(
        session: JdbcSession,
        sql: SqlTemplate,
        limit: Int,
    ): Int = session.query(sql(SUM_UP), limit) { it.getInt(1) }.single()

    override fun deleteAll(
        session: JdbcSession,
        sql: SqlTemplate,
        table: String,
        column: String,
        values: List<String>,
    ) {
        if (values.isNotEmpty()) session.update(sql("DELETE FROM {p}$table WHERE $column = ANY (?::text[])"), Column("text", values))
    }

    override fun findAll(
        session: JdbcSession,
        sql: SqlTemplate,
        table: String,
        column: String,
        values: Set<String>,
    ): Set<String> {
        val select = sql("SELECT $column FROM {p}$table WHERE $column = ANY (?::text[])")
        return session.planned(PLANNED_ONCE, select, Column("text", values.toList())) { it.getString(1) }.toSet()
    }

    override fun keptPlace(calls: List<StoredCall>): Unit = places.forget(calls)

    /** Before what is promoted in time are the index entries of promoted calls, which are not always read. */
    override fun look(
        session: JdbcSession,
        sql: SqlTemplate,
        request: ClaimRequest,
    ): Look {
        if (!coldLooks.areCheap && !coldLooks.startIfDue()) return look(session, sql, request, ClaimSql.PROMOTED)
        val (look, took) = measureTimedValue { look(session, sql, request, ClaimSql.FROM_START) }
        return look.also { coldLooks.took(took) }
    }

    private fun look(
        session: JdbcSession,
        sql: SqlTemplate,
        request: ClaimRequest,
        coldFromNow: Long,
    ): Look {
        val pairs = request.handlers.keys.flatMap { handler -> (0 until PRIORITY_COUNT).map { ClaimCursor(handler, it) } }
        val handlers = Column("text", pairs.map { it.handler })
        val priorities = Column("int4", pairs.map { it.priority })
        val since = Column("int8", if (places.startIsCheap) pairs.map { 0L } else places.of(pairs))
        return session
            .planned(PLANNED_ONCE, sql(ClaimSql.LOOK), handlers, priorities, since, coldFromNow, request.owner, request.lane) {
                Look(it.getLong("now"), it.longOrNull("hot"), it.longOrNull("cold"))
            }.single()
    }

    override fun promote(
        session: JdbcSession,
        sql: SqlTemplate,
        from: Long,
        limit: Int,
    ): PromotedPage =
        session
            .planned(PLANNED_ONCE, sql(PROMOTE), from, limit) {
                if (it.getBoolean("is_late")) session.afterCommit(places::clear)
                PromotedPage(it.getInt("size"), it.getLong("last_due"))
            }.single()

    override fun purge(
        session: JdbcSession,
        sql: SqlTemplate,
        from: Long,
        limit: Int,
    ): List<Forgotten> = session.planned(PLANNED_ONCE, sql(PURGE), from, limit, read = Forgotten::read)

    override fun insert(
        session: JdbcSession,
        sql: SqlTemplate,
        table: CallLocation,
        rows: ArrayParameters,
        counts: ArrayParameters,
    ): Map<String, Long> {
        val insert = "INSERT INTO {p}${table.table} (${CallTable.INSERTED}) SELECT ${CallTable.INSERTED_VALUES} FROM "
        val wanted = rows.shape.table { WANTED[it] ?: "v_$it" }
        val statement =
            "WITH counted AS (${StateCounts.INSERT} SELECT * FROM ${counts.shape.table}), " +
                "stored AS (${rows.shape.atOnce(insert)}$wanted, $MADE_CLAIM RETURNING cid, claimed_at) " +
                "SELECT cid, claimed_at FROM stored WHERE claimed_at IS NOT NULL"
        return session.query(sql(statement), *counts.arrays, *rows.arrays) { it.getString(1) to it.getLong(2) }.toMap()
    }

    override fun change(
        session: JdbcSession,
        sql: SqlTemplate,
        changes: Map<String, String>,
        rows: ArrayParameters,
    ): Set<Pair<String, Long>> {
        val set = "UPDATE {p}call SET ${CallTable.changed(changes)} FROM ${rows.shape.table}"
        return changed(session, sql(rows.shape.atOnce("$set WHERE ${guard(CallTable.GUARD)} RETURNING cid, token")), rows)
    }

    override fun move(
        session: JdbcSession,
        sql: SqlTemplate,
        move: CallMove,
        rows: ArrayParameters,
    ): Set<Pair<String, Long>> {
        val delete = "DELETE FROM {p}call USING ${rows.shape.table} WHERE ${guard(move.guard)} RETURNING *"
        val keep =
            when (move.to) {
                null -> "SELECT cid, token, handler, :state AS state FROM gone"
                CallLocation.FINISHED -> finish(move.changes, "gone $KEPT")
                else -> "INSERT INTO {p}${move.to.table} (${CallTable.LIST}) SELECT ${CallTable.listWith(move.changes)} FROM gone $KEPT"
            }
        val count = if (move.isEnd) ", counted AS ($COUNT)" else ""
        val statement = "WITH gone AS ($delete), kept AS ($keep)$count SELECT cid, token FROM kept"
        return changed(session, sql(rows.shape.atOnce(statement)), rows)
    }

    /** Runs [statement] with the settings of [planning]: in one round trip, if the driver keeps both in one transaction. */
    private fun <T> JdbcSession.planned(
        planning: String,
        statement: String,
        vararg values: Any?,
        read: (ResultSet) -> T,
    ): List<T> =
        if (wantsOneStatement()) {
            queryAfter(planning, statement, *values, read = read)
        } else {
            queryBehind(planning, statement, *values, read = read)
        }

    /**
     * With `prepareThreshold=-1` the driver expects binary results of columns that it does not know; with `preferQueryMode=simple`, and after a
     * while with `stringtype=unspecified`, each statement is a transaction of its own.
     */
    private fun JdbcSession.wantsOneStatement(): Boolean =
        try {
            connection.unwrap(BaseConnection::class.java).run {
                prepareThreshold < 0 || preferQueryMode == PreferQueryMode.SIMPLE || !stringVarcharFlag
            }
        } catch (_: SQLException) {
            false
        } catch (_: LinkageError) {
            false
        }

    private fun changed(
        session: JdbcSession,
        statement: String,
        rows: ArrayParameters,
    ): Set<Pair<String, Long>> {
        val cids = Column("text", rows.values.map { CallTable.guarded(it).first })
        return session.planned(JOINED_ONCE, statement, *rows.arrays, cids) { it.getString(1) to it.getLong(2) }.toSet()
    }

    private companion object {
        /**
         * Plans the statement that is sent with it once for all sizes of the tables, and excludes plans that are good for an empty queue only:
         * it finds rows by an index, and by the columns for which the index was made.
         */
        const val PLANNED_ONCE =
            "SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true), " +
                "set_config('enable_bitmapscan', 'off', true)"

        /** The same where rows are joined with values: no nested loops. */
        const val JOINED_ONCE = "$PLANNED_ONCE, set_config('enable_nestloop', 'off', true)"

        const val SUM_UP =
            "WITH oldest AS (SELECT id FROM {p}state_count ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED), " +
                "gone AS (DELETE FROM {p}state_count c USING oldest o WHERE c.id = o.id RETURNING handler, state, delta), " +
                "summed AS (${StateCounts.INSERT} SELECT $SUM FROM gone $SUMMED) SELECT count(*) FROM gone"

        const val KEPT = "RETURNING cid, token, handler, state"

        const val COUNT =
            StateCounts.INSERT + "SELECT handler, state, count(*) FROM kept GROUP BY handler, state " +
                "UNION ALL SELECT handler, '${StateCounts.LIVE}', -count(*) FROM kept GROUP BY handler"

        /** What the values of a claim that is wanted are named before it is known whether it is made. */
        val WANTED = mapOf("lane" to "wanted_in", "owner" to "wanted_by", "claimed_at" to "not_yet")

        /** Whether a claim that is wanted is made, once for each row. */
        val MADE_CLAIM =
            "LATERAL (SELECT wanted_by IS NOT NULL AND ${mayClaim("wanted_by", "wanted_in")} AS is_made OFFSET 0) AS claim, " +
                "LATERAL (SELECT CASE WHEN is_made THEN wanted_by END AS v_owner, CASE WHEN is_made THEN {now} END AS v_claimed_at) AS made"

        /** Two values: the due time from which on calls are promoted, and their number. */
        val PROMOTE =
            "WITH gone AS (DELETE FROM {p}waiting WHERE cid = ANY (ARRAY(SELECT cid FROM {p}waiting WHERE state = 'READY' " +
                "AND ${CallLocation.PROMOTED_BY} >= ? AND ${CallLocation.PROMOTED_BY} <= {now} + ${CallLocation.SOON_MILLIS} " +
                "ORDER BY ${CallLocation.PROMOTED_BY}, cid LIMIT ? FOR UPDATE SKIP LOCKED)) " +
                "RETURNING ${CallTable.LIST}), " +
                "moved AS (INSERT INTO {p}call (${CallTable.LIST}) SELECT ${CallTable.LIST} FROM gone RETURNING due_at) " +
                "SELECT count(*) AS size, max(due_at) AS last_due, min(due_at) <= {now} AS is_late FROM moved"

        /** Two values: the expiry from which on calls are deleted, and their number. Other partitions are dropped as a whole. */
        const val PURGE =
            "DELETE FROM {p}finished WHERE bucket = 0 AND cid = ANY (ARRAY(SELECT cid FROM {p}finished WHERE bucket = 0 " +
                "AND expires_at >= ? AND expires_at <= {now} ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED)) " +
                "RETURNING ${Forgotten.COLUMNS}"

        /**
         * A guard with all ids at once, by which the rows are found. The state is compared in a way that hides the index of running calls from
         * the planner: it assumes that there are hardly any, starts with all of them, and reads dead rows.
         */
        fun guard(condition: String): String = condition.replace("state =", "state || '' =") + " AND cid = ANY (?::text[])"
    }
}
