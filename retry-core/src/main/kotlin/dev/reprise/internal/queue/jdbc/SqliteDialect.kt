package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.DatabaseProduct
import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.ClaimResult
import dev.reprise.queue.spi.StoredCall

/** SQLite: one writer, so nothing has to be locked. */
internal object SqliteDialect : Dialect {
    override val hasOneWriter = true
    override val canNotify = false
    override val now = DatabaseProduct.SQLITE.now
    override val emptyBytes = "x''"
    override val forUpdate = ""
    override val confirmed = "NULL"
    override val skipLocked = ""
    override val listPlanning: String? = null
    override val hasLateral = false

    override fun lines(column: String): String = "group_concat($column, char(10))"

    override fun finish(
        changes: Map<String, String>,
        from: String,
    ): String = "INSERT INTO {p}finished (${CallTable.LIST}) SELECT ${CallTable.listWith(changes)} FROM $from"

    override fun claim(
        session: JdbcSession,
        sql: SqlTemplate,
        request: ClaimRequest,
    ): ClaimResult? {
        if (!mayClaim(session, sql, request)) return null
        val cids = due(session, sql, request)
        return resultOf(cids.flatMap { session.query(sql(TAKE_ONE), request.owner, it, read = CallTable::read) })
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

    override fun look(
        session: JdbcSession,
        sql: SqlTemplate,
        request: ClaimRequest,
    ): Look {
        val now = sql.now(session)
        if (!mayClaim(session, sql, request)) return Look(now, null, null)
        val hot = nextDue(session, sql(NEXT_HOT), request)
        return Look(now, hot, if (hot != null && hot <= now) null else nextDue(session, sql(NEXT_COLD), request))
    }

    private fun nextDue(
        session: JdbcSession,
        query: String,
        request: ClaimRequest,
    ): Long? =
        request.handlers.keys
            .flatMap { handler -> (0 until PRIORITY_COUNT).map { handler to it } }
            .mapNotNull { (handler, priority) -> session.first(query, handler, priority) { it.getLong(1) } }
            .minOrNull()

    override fun insert(
        session: JdbcSession,
        sql: SqlTemplate,
        table: CallLocation,
        rows: ArrayParameters,
        counts: ArrayParameters,
    ): Map<String, Long> {
        val instants =
            rows.values.mapNotNull(CallTable::wantedClaim).distinct().associateWith { (owner, lane) ->
                session.first(sql("SELECT {now} WHERE $MAY_CLAIM"), owner, lane) { it.getLong(1) }
            }
        val accepted = rows.values.map { CallTable.claimed(it, instants[CallTable.wantedClaim(it)]) }
        val insert = "INSERT INTO {p}${table.table} (${CallTable.INSERTED}) VALUES (${CallTable.INSERTED_VALUES})"
        batch(session, sql, insert, rows.shape.of(accepted))
        batch(session, sql, StateCounts.INSERT + "VALUES (${StateCounts.VALUES})", counts)
        return accepted.filter { it.last() != null }.associate { it.first() as String to it.last() as Long }
    }

    override fun change(
        session: JdbcSession,
        sql: SqlTemplate,
        changes: Map<String, String>,
        rows: ArrayParameters,
    ): Set<Pair<String, Long>> =
        changed(batch(session, sql, "UPDATE {p}call SET ${CallTable.changed(changes)} WHERE ${CallTable.GUARD}", rows), rows)

    override fun move(
        session: JdbcSession,
        sql: SqlTemplate,
        move: CallMove,
        rows: ArrayParameters,
    ): Set<Pair<String, Long>> {
        val moved = move.to?.let { insert(session, sql, move, it, rows) } ?: rows
        // Time can have passed, so the condition is not evaluated again.
        val changed = changed(batch(session, sql, "DELETE FROM {p}call WHERE ${CallTable.GUARD}", moved), moved)
        if (move.isEnd) {
            val counts = StateCounts.ended(rows) { CallTable.guarded(it) in changed }
            batch(session, sql, StateCounts.INSERT + "VALUES (${StateCounts.VALUES})", counts)
        }
        return changed
    }

    /** Copies calls; returns the rows of those that were. */
    private fun insert(
        session: JdbcSession,
        sql: SqlTemplate,
        move: CallMove,
        to: CallLocation,
        rows: ArrayParameters,
    ): ArrayParameters {
        val columns = CallTable.listWith(move.changes)
        val insert = "INSERT INTO {p}${to.table} (${CallTable.LIST}) SELECT $columns FROM {p}call WHERE ${move.guard}"
        val counts = batch(session, sql, insert, rows)
        return rows.shape.of(rows.values.filterIndexed { i, _ -> counts[i] == 1 })
    }

    override fun promote(
        session: JdbcSession,
        sql: SqlTemplate,
        from: Long,
        limit: Int,
    ): PromotedPage {
        val until = sql.now(session) + CallLocation.SOON_MILLIS
        val page =
            session
                .query(sql("SELECT count(*), max(due_at) FROM (SELECT due_at $SOON)"), from, until, limit) {
                    PromotedPage(it.getInt(1), it.getLong(2))
                }.single()
        if (page.size > 0) {
            val list = CallTable.LIST
            session.update(sql("INSERT INTO {p}call ($list) SELECT $list $SOON"), from, until, limit)
            // Where the statistics are of a few calls, it would read the whole table.
            val byCid = "INDEXED BY sqlite_autoindex_{p}waiting_1"
            session.update(sql("DELETE FROM {p}waiting $byCid WHERE cid IN (SELECT cid $SOON)"), from, until, limit)
        }
        return page
    }

    override fun purge(
        session: JdbcSession,
        sql: SqlTemplate,
        from: Long,
        limit: Int,
    ): List<Forgotten> = session.query(sql(PURGE), from, limit, read = Forgotten::read)

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

    override fun findAll(
        session: JdbcSession,
        sql: SqlTemplate,
        table: String,
        column: String,
        values: Set<String>,
    ): Set<String> = values.filterTo(HashSet()) { session.first(sql("SELECT 1 FROM {p}$table WHERE $column = ?"), it) { true } ?: false }

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
    private const val NEXT_HOT =
        "SELECT due_at FROM {p}call WHERE state = 'READY' AND handler = ? AND priority = ? ORDER BY due_at LIMIT 1"
    private const val NEXT_COLD =
        "SELECT due_at FROM {p}waiting WHERE state = 'READY' AND handler = ? AND priority = ? ORDER BY due_at LIMIT 1"
    private const val SOON =
        "FROM {p}waiting WHERE state = 'READY' AND ${CallLocation.PROMOTED_BY} >= ? AND ${CallLocation.PROMOTED_BY} <= ? " +
            "ORDER BY ${CallLocation.PROMOTED_BY}, cid LIMIT ?"
    private const val PURGE =
        "DELETE FROM {p}finished INDEXED BY sqlite_autoindex_{p}finished_1 WHERE cid IN " +
            "(SELECT cid FROM {p}finished WHERE expires_at >= ? AND expires_at <= {now} " +
            "ORDER BY expires_at LIMIT ?) RETURNING ${Forgotten.COLUMNS}"
}
