package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.DatabaseProduct
import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.StoredCall

/** SQLite: one writer, so nothing has to be locked. */
internal object SqliteDialect : Dialect {
    override val hasOneWriter = true
    override val canNotify = false
    override val now = DatabaseProduct.SQLITE.now
    override val emptyBytes = "x''"
    override val forUpdate = ""
    override val skipLocked = ""
    override val listPlanning: String? = null

    override fun claim(
        session: JdbcSession,
        sql: SqlTemplate,
        request: ClaimRequest,
    ): List<StoredCall> {
        if (!mayClaim(session, sql, request)) return emptyList()
        return due(session, sql, request).flatMap { cid ->
            session.query(sql(TAKE_ONE), request.owner, cid, read = CallTable::read)
        }
    }

    private fun mayClaim(
        session: JdbcSession,
        sql: SqlTemplate,
        request: ClaimRequest,
    ) = session.first(sql("SELECT 1 WHERE $MAY_CLAIM"), request.owner, request.lane) { it.getInt(1) } != null

    private fun due(
        session: JdbcSession,
        sql: SqlTemplate,
        request: ClaimRequest,
    ): List<String> {
        val room = request.handlers.toMutableMap()
        val found = ArrayList<String>()
        for (priority in PRIORITY_COUNT - 1 downTo 0) {
            for (handler in request.handlers.keys) {
                val limit = minOf(room.getValue(handler), request.limit - found.size)
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
        sql: SqlTemplate,
        request: ClaimRequest,
    ): Long? {
        if (!mayClaim(session, sql, request)) return null
        return request.handlers.keys
            .flatMap { handler -> (0 until PRIORITY_COUNT).map { handler to it } }
            .mapNotNull { (handler, priority) -> session.first(sql(NEXT_DUE), handler, priority) { it.getLong(1) } }
            .minOrNull()
    }

    override fun insert(
        session: JdbcSession,
        sql: SqlTemplate,
        columns: String,
        values: String,
        rows: ArrayParameters,
        counts: ArrayParameters,
    ) {
        batch(session, sql, "INSERT INTO {p}call ($columns) VALUES ($values)", rows)
        batch(session, sql, StateCounts.INSERT + "VALUES (${StateCounts.VALUES})", counts)
    }

    override fun change(
        session: JdbcSession,
        sql: SqlTemplate,
        changes: Map<String, String>,
        rows: ArrayParameters,
    ): Set<Pair<String, Long>> =
        changed(batch(session, sql, "UPDATE {p}call SET ${CallTable.changed(changes)} WHERE ${CallTable.GUARD}", rows), rows)

    override fun end(
        session: JdbcSession,
        sql: SqlTemplate,
        changes: Map<String, String>,
        rows: ArrayParameters,
    ): Set<Pair<String, Long>> {
        val keep = "INSERT INTO {p}ended (${CallTable.LIST}) SELECT ${CallTable.listWith(changes)} FROM {p}call WHERE ${CallTable.GUARD}"
        val changed = changed(batch(session, sql, keep, rows), rows)
        batch(session, sql, "DELETE FROM {p}call WHERE ${CallTable.GUARD}", rows)
        batch(
            session,
            sql,
            StateCounts.INSERT + "VALUES (${StateCounts.VALUES})",
            StateCounts.ended(rows) {
                CallTable.guarded(it) in
                    changed
            },
        )
        return changed
    }

    override fun sumUp(
        session: JdbcSession,
        sql: SqlTemplate,
        limit: Int,
    ): Int {
        val oldest = "SELECT max(id), count(*) FROM (SELECT id FROM {p}state_count ORDER BY id LIMIT ?)"
        val (last, count) = session.query(sql(oldest), limit) { it.getLong(1) to it.getInt(2) }.single()
        if (count == 0) return 0
        session.update(sql("${StateCounts.INSERT} SELECT $SUM FROM {p}state_count WHERE id <= ? $SUMMED"), last)
        session.update(sql("DELETE FROM {p}state_count WHERE id <= ?"), last)
        return count
    }

    override fun deleteAll(
        session: JdbcSession,
        sql: SqlTemplate,
        table: String,
        column: String,
        values: List<String>,
    ) {
        session.batch(sql("DELETE FROM {p}$table WHERE $column = ?"), values.map { listOf(it) })
    }

    override fun keptPlace(calls: List<StoredCall>) = Unit

    private fun batch(
        session: JdbcSession,
        sql: SqlTemplate,
        template: String,
        rows: ArrayParameters,
    ): IntArray = session.batch(sql(rows.shape.oneByOne(template)), rows.shape.needed(template, rows.values))

    private fun changed(
        counts: IntArray,
        rows: ArrayParameters,
    ) = rows.values.filterIndexed { i, _ -> counts[i] == 1 }.mapTo(HashSet(), CallTable::guarded)

    private val TAKE_ONE = "UPDATE {p}call SET $TAKE WHERE cid = ? RETURNING ${CallTable.LIST}"
    private const val DUE =
        "SELECT cid FROM {p}call WHERE state = 'READY' AND handler = ? AND priority = ? AND due_at <= {now} ORDER BY due_at, cid LIMIT ?"
    private const val NEXT_DUE =
        "SELECT due_at FROM {p}call WHERE state = 'READY' AND handler = ? AND priority = ? ORDER BY due_at LIMIT 1"
}
