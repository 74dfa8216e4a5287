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

    /** Takes due calls for [order], in one transaction. */
    fun claim(
        session: JdbcSession,
        sql: Sql,
        order: ClaimOrder,
    ): List<Call>

    /**
     * The statements that move a call from `call` to `ended` if it is still that claim's, each ready for its values; the first one's
     * count says whether it was. [changed] are the columns that change, with their new values.
     */
    fun end(changed: Map<String, String>): List<String>

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
    override val now = Product.SQLITE.now
    override val forUpdate = ""
    override val skipLocked = ""

    override fun claim(
        session: JdbcSession,
        sql: Sql,
        order: ClaimOrder,
    ): List<Call> {
        if (session.first(sql("SELECT 1 WHERE $MAY_CLAIM"), order.owner, order.lane) { it.getInt(1) } == null) return emptyList()
        return due(session, sql, order).flatMap { cid ->
            session.query(sql(TAKE_ONE), order.owner, cid, read = CallTable::read)
        }
    }

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
        if (session.first(sql("SELECT 1 WHERE $MAY_CLAIM"), order.owner, order.lane) { it.getInt(1) } == null) return null
        return order.handlers.keys
            .flatMap { handler -> (0 until PRIORITY_COUNT).map { handler to it } }
            .mapNotNull { (handler, priority) -> session.first(sql(NEXT_DUE), handler, priority) { it.getLong(1) } }
            .minOrNull()
    }

    override fun end(changed: Map<String, String>): List<String> =
        listOf(
            "INSERT INTO {p}ended (${CallTable.LIST}) SELECT ${CallTable.listWith(changed)} FROM {p}call WHERE ${CallTable.GUARD}",
            "DELETE FROM {p}call WHERE ${CallTable.GUARD}",
        )

    private val TAKE_ONE = "UPDATE {p}call SET $TAKE WHERE cid = ? RETURNING ${CallTable.LIST}"
    private const val DUE =
        "SELECT cid FROM {p}call WHERE state = 'READY' AND handler = ? AND priority = ? AND due_at <= {now} ORDER BY due_at, cid LIMIT ?"
    private const val NEXT_DUE =
        "SELECT due_at FROM {p}call WHERE state = 'READY' AND handler = ? AND priority = ? ORDER BY due_at LIMIT 1"
}

/** PostgreSQL: rows that others hold are passed over. */
internal object PostgresDialect : Dialect {
    override val hasOneWriter = false
    override val now = Product.POSTGRESQL.now
    override val forUpdate = " FOR UPDATE"
    override val skipLocked = " FOR UPDATE SKIP LOCKED"

    override fun claim(
        session: JdbcSession,
        sql: Sql,
        order: ClaimOrder,
    ): List<Call> {
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

    override fun end(changed: Map<String, String>): List<String> =
        listOf(
            "WITH gone AS (DELETE FROM {p}call WHERE ${CallTable.GUARD} RETURNING *) " +
                "INSERT INTO {p}ended (${CallTable.LIST}) SELECT ${CallTable.listWith(changed)} FROM gone",
        )

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
}
