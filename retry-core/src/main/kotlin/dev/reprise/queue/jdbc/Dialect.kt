package dev.reprise.queue.jdbc

import dev.reprise.jdbc.JdbcSession
import dev.reprise.jdbc.Numbers
import dev.reprise.jdbc.Product
import dev.reprise.jdbc.Texts
import dev.reprise.jdbc.longOrNull
import dev.reprise.queue.Call
import dev.reprise.queue.ClaimOrder

/** What is said differently to different databases, and nothing else. */
internal interface Dialect {
    /** The present in epoch milliseconds, the same within one statement. */
    val now: String

    /** True if a writer keeps all others out: then an idle look must not write, and a claim of several statements needs a transaction. */
    val hasOneWriter: Boolean

    /** Ends a query whose rows are to stay as they are until the end of the transaction. */
    val forUpdate: String

    /** The same, passing over rows that others hold. */
    val skipLocked: String

    /** True if the database tells other processes what it is asked to tell. */
    val hasNews: Boolean

    /** Takes due calls for [order], in one transaction. */
    fun claim(
        session: JdbcSession,
        sql: Sql,
        order: ClaimOrder,
    ): List<Call>

    /** Inserts new calls: [values] for the columns [columns] of `call`, in terms of [rows]. */
    fun insert(
        session: JdbcSession,
        sql: Sql,
        columns: String,
        values: String,
        rows: Rows,
    )

    /**
     * Changes calls as [changes] tells for their columns, in terms of [rows], each if it is still that claim's. The answer has the ids and
     * tokens of those that were.
     */
    fun change(
        session: JdbcSession,
        sql: Sql,
        changes: Map<String, String>,
        rows: Rows,
    ): Set<Pair<String, Long>>

    /** The same, moving them from `call` to `ended`. */
    fun end(
        session: JdbcSession,
        sql: Sql,
        changes: Map<String, String>,
        rows: Rows,
    ): Set<Pair<String, Long>>

    /** When the next call of the handlers of [order] is due; null if none is, or the worker may claim none. */
    fun nextDue(
        session: JdbcSession,
        sql: Sql,
        order: ClaimOrder,
    ): Long?
}

/** May the worker claim? Two values: the nonce and the lane. */
internal const val MAY_CLAIM =
    "EXISTS (SELECT 1 FROM {p}lease WHERE nonce = ? AND valid_until > {now}) AND NOT EXISTS (SELECT 1 FROM {p}paused_lane WHERE lane = ?)"

/** What a claim does to a row. One value: the nonce. */
internal const val TAKE =
    "state = 'RUNNING', owner = ?, token = token + 1, claims = claims + 1, claimed_at = {now}, " +
        "run_started_at = COALESCE(run_started_at, {now})"

internal const val PRIORITY_COUNT = 10

/** SQLite: one writer, so nothing has to be locked. */
internal object SqliteDialect : Dialect {
    override val hasOneWriter = true
    override val hasNews = false
    override val now = Product.SQLITE.now
    override val forUpdate = ""
    override val skipLocked = ""

    override fun claim(
        session: JdbcSession,
        sql: Sql,
        order: ClaimOrder,
    ): List<Call> {
        if (!mayClaim(session, sql, order)) return emptyList()
        return due(session, sql, order).flatMap { cid ->
            session.query(sql(TAKE_ONE), order.owner, cid, read = CallTable::read)
        }
    }

    private fun mayClaim(
        session: JdbcSession,
        sql: Sql,
        order: ClaimOrder,
    ) = session.first(sql("SELECT 1 WHERE $MAY_CLAIM"), order.owner, order.lane) { it.getInt(1) } != null

    private fun due(
        session: JdbcSession,
        sql: Sql,
        order: ClaimOrder,
    ): List<String> {
        val room = order.handlers.toMutableMap()
        val found = ArrayList<String>()
        for (priority in PRIORITY_COUNT - 1 downTo 0) {
            for (handler in order.handlers.keys) {
                val limit = minOf(room.getValue(handler), order.limit - found.size)
                if (limit <= 0) continue
                val some = session.query(sql(DUE), handler, priority, limit) { it.getString(1) }
                room[handler] = room.getValue(handler) - some.size
                found += some
            }
        }
        return found
    }

    override fun nextDue(
        session: JdbcSession,
        sql: Sql,
        order: ClaimOrder,
    ): Long? {
        if (!mayClaim(session, sql, order)) return null
        return order.handlers.keys
            .flatMap { handler -> (0 until PRIORITY_COUNT).map { handler to it } }
            .mapNotNull { (handler, priority) -> session.first(sql(NEXT_DUE), handler, priority) { it.getLong(1) } }
            .minOrNull()
    }

    override fun insert(
        session: JdbcSession,
        sql: Sql,
        columns: String,
        values: String,
        rows: Rows,
    ) {
        batch(session, sql, "INSERT INTO {p}call ($columns) VALUES ($values)", rows)
    }

    override fun change(
        session: JdbcSession,
        sql: Sql,
        changes: Map<String, String>,
        rows: Rows,
    ): Set<Pair<String, Long>> =
        changed(batch(session, sql, "UPDATE {p}call SET ${CallTable.changed(changes)} WHERE ${CallTable.GUARD}", rows), rows)

    override fun end(
        session: JdbcSession,
        sql: Sql,
        changes: Map<String, String>,
        rows: Rows,
    ): Set<Pair<String, Long>> {
        val keep = "INSERT INTO {p}ended (${CallTable.LIST}) SELECT ${CallTable.listWith(changes)} FROM {p}call WHERE ${CallTable.GUARD}"
        val changed = changed(batch(session, sql, keep, rows), rows)
        batch(session, sql, "DELETE FROM {p}call WHERE ${CallTable.GUARD}", rows)
        return changed
    }

    private fun batch(
        session: JdbcSession,
        sql: Sql,
        template: String,
        rows: Rows,
    ): IntArray = session.batch(sql(rows.shape.oneByOne(template)), rows.shape.needed(template, rows.values))

    private fun changed(
        counts: IntArray,
        rows: Rows,
    ) = rows.values.filterIndexed { i, _ -> counts[i] == 1 }.mapTo(HashSet(), CallTable::guarded)

    private val TAKE_ONE = "UPDATE {p}call SET $TAKE WHERE cid = ? RETURNING ${CallTable.LIST}"
    private const val DUE =
        "SELECT cid FROM {p}call WHERE state = 'READY' AND handler = ? AND priority = ? AND due_at <= {now} ORDER BY due_at, cid LIMIT ?"
    private const val NEXT_DUE =
        "SELECT due_at FROM {p}call WHERE state = 'READY' AND handler = ? AND priority = ? ORDER BY due_at LIMIT 1"
}

/** PostgreSQL: rows that others hold are passed over. */
internal object PostgresDialect : Dialect {
    override val hasOneWriter = false
    override val hasNews = true
    override val now = Product.POSTGRESQL.now
    override val forUpdate = " FOR UPDATE"
    override val skipLocked = " FOR UPDATE SKIP LOCKED"

    override fun claim(
        session: JdbcSession,
        sql: Sql,
        order: ClaimOrder,
    ): List<Call> {
        planAnew(session)
        val pairs = (PRIORITY_COUNT - 1 downTo 0).flatMap { priority -> order.handlers.map { Triple(it.key, priority, it.value) } }
        return session.query(
            sql(CLAIM),
            Texts(pairs.map { it.first }),
            Numbers(pairs.map { it.second }),
            Numbers(pairs.map { it.third }),
            order.owner,
            order.lane,
            order.limit,
            order.owner,
            read = CallTable::read,
        )
    }

    override fun nextDue(
        session: JdbcSession,
        sql: Sql,
        order: ClaimOrder,
    ): Long? {
        val handlers = Texts(order.handlers.keys.toList())
        return session.query(sql(NEXT_DUE), handlers, order.owner, order.lane) { it.longOrNull("due_at") }.single()
    }

    override fun insert(
        session: JdbcSession,
        sql: Sql,
        columns: String,
        values: String,
        rows: Rows,
    ) {
        session.update(sql(rows.shape.atOnce("INSERT INTO {p}call ($columns) SELECT $values FROM ") + rows.shape.table), *rows.arrays)
    }

    override fun change(
        session: JdbcSession,
        sql: Sql,
        changes: Map<String, String>,
        rows: Rows,
    ): Set<Pair<String, Long>> {
        val set = rows.shape.atOnce("UPDATE {p}call SET ${CallTable.changed(changes)} FROM ") + rows.shape.table
        return changed(session, sql(set + rows.shape.atOnce(" WHERE $GUARD RETURNING cid, token")), rows)
    }

    override fun end(
        session: JdbcSession,
        sql: Sql,
        changes: Map<String, String>,
        rows: Rows,
    ): Set<Pair<String, Long>> {
        val delete = "DELETE FROM {p}call USING ${rows.shape.table}" + rows.shape.atOnce(" WHERE $GUARD RETURNING *")
        val keep =
            rows.shape.atOnce(
                "INSERT INTO {p}ended (${CallTable.LIST}) SELECT ${CallTable.listWith(changes)} FROM gone RETURNING cid, token",
            )
        return changed(session, sql("WITH gone AS ($delete) $keep"), rows)
    }

    private fun changed(
        session: JdbcSession,
        statement: String,
        rows: Rows,
    ): Set<Pair<String, Long>> {
        planAnew(session)
        return session.query(statement, *rows.arrays) { it.getString(1) to it.getLong(2) }.toSet()
    }

    /**
     * Has the statements of this transaction planned for the tables as they now are. A plan that was made when the queue was empty, and
     * kept, reads all of the table for every batch when it is not.
     */
    private fun planAnew(session: JdbcSession) {
        session.query("SELECT set_config('plan_cache_mode', 'force_custom_plan', true)") {}
    }

    /**
     * For each priority and handler, in this order, the due calls nobody holds. The planner cannot look into the materialised part and
     * lock more rows than are taken; the second part keeps a handler that has several priorities within its room.
     */
    private val CLAIM: String =
        "WITH picked AS MATERIALIZED (" +
            "SELECT c.cid, w.handler, w.room, w.place FROM unnest(?, ?, ?) WITH ORDINALITY AS w(handler, priority, room, place) " +
            "CROSS JOIN LATERAL (SELECT cid FROM {p}call WHERE state = 'READY' AND handler = w.handler AND priority = w.priority " +
            "AND due_at <= {now} ORDER BY due_at, cid LIMIT w.room FOR UPDATE SKIP LOCKED) c WHERE $MAY_CLAIM LIMIT ?), " +
            "numbered AS (SELECT cid, room, row_number() OVER (PARTITION BY handler ORDER BY place) AS n FROM picked) " +
            "UPDATE {p}call SET $TAKE WHERE cid IN (SELECT cid FROM numbered WHERE n <= room) RETURNING ${CallTable.LIST}"

    private const val NEXT_DUE =
        "SELECT min(d.due_at) AS due_at FROM unnest(?) AS h(handler) CROSS JOIN generate_series(0, ${PRIORITY_COUNT - 1}) AS p(priority) " +
            "CROSS JOIN LATERAL (SELECT due_at FROM {p}call WHERE state = 'READY' AND handler = h.handler AND priority = p.priority " +
            "ORDER BY due_at LIMIT 1) d WHERE $MAY_CLAIM"

    /**
     * [CallTable.GUARD], with the state told in a way that hides the index of running calls from the planner: it believes that there are
     * hardly any, begins with all of them, and meets the remains of those that are gone.
     */
    private val GUARD = CallTable.GUARD.replace("state =", "state || '' =")
}
