package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.model.CallState
import dev.reprise.queue.spi.StoredCall

/**
 * The tables of calls, which have the same columns. A call is always in one of them: it moves within a transaction, so that a statement that
 * reads several tables finds it once.
 */
internal enum class CallLocation(
    val table: String,
) {
    /** Due soon, or running: all that claims, renewals and searches for orphans read. */
    HOT("call"),

    /** Due later, or held. */
    COLD("waiting"),

    /** Succeeded or cancelled. */
    FINISHED("finished"),

    /** Dead. */
    DEAD("dead"),
    ;

    companion object {
        /** How long before a call is due it is in [HOT], in milliseconds. */
        const val SOON_MILLIS: Long = 60_000

        /** The due time, as the index has it by which calls are promoted. */
        const val PROMOTED_BY: String = "due_at + 0"

        /** The calls that have not ended. */
        val LIVE: List<CallLocation> = listOf(HOT, COLD)

        /** Where calls are that have ended as [state]. */
        fun ofEnd(state: CallState): CallLocation = if (state == CallState.DEAD) DEAD else FINISHED

        /** A query of the [columns] of the calls for which [condition] is true; its values are repeated for each of [tables]. */
        fun select(
            columns: String,
            condition: String,
            tables: List<CallLocation> = entries,
        ): String = tables.joinToString(" UNION ALL ") { "SELECT $columns FROM {p}${it.table} WHERE $condition" }
    }
}

/** Finds the calls that have not ended, wherever they are, and moves them. */
internal class LiveCalls(
    private val sql: SqlTemplate,
) {
    /** The due time up to which the last page was promoted, while there are more of them. */
    @Volatile
    private var promotedUpTo = 0L

    fun find(
        session: JdbcSession,
        cid: String,
    ): StoredCall? = session.first(sql(FIND), cid, cid, read = CallTable::read)

    /** Locks a call and returns it with its table. A call that moves before it is locked is searched again. */
    fun lock(
        session: JdbcSession,
        cid: String,
    ): Pair<StoredCall, CallLocation>? {
        repeat(TRIES) {
            val at = session.first(sql(LOCATE), cid, cid) { CallLocation.valueOf(it.getString(1)) } ?: return null
            val select = "SELECT ${CallTable.LIST} FROM {p}${at.table} WHERE cid = ?${sql.dialect.forUpdate}"
            session.first(sql(select), cid, read = CallTable::read)?.let { return it to at }
        }
        error("the call $cid moved $TRIES times while it was to be locked")
    }

    /** Ends a call that is [at] a table and that this transaction has locked; it is kept for [retainMillis]. */
    fun cancel(
        session: JdbcSession,
        cid: String,
        at: CallLocation,
        retainMillis: Long,
    ) {
        val from = "{p}${at.table}, (SELECT {now} + ? AS kept_until) AS k WHERE cid = ?"
        session.update(sql(sql.dialect.finish(CANCELLED, from)), retainMillis, cid)
        session.update(sql("DELETE FROM {p}${at.table} WHERE cid = ?"), cid)
    }

    /** Makes a held call of an order that is locked ready. */
    fun release(
        session: JdbcSession,
        cid: String,
        isDueSoon: Boolean,
    ) {
        if (isDueSoon) {
            val columns = CallTable.listWith(mapOf("state" to "'READY'"))
            session.update(sql("INSERT INTO {p}call (${CallTable.LIST}) SELECT $columns FROM {p}waiting WHERE cid = ?"), cid)
            session.update(sql("DELETE FROM {p}waiting WHERE cid = ?"), cid)
        } else {
            session.update(sql("UPDATE {p}waiting SET state = 'READY' WHERE cid = ?"), cid)
        }
    }

    /** Stores a call that was dead, as it is after its replay. */
    fun insertReplayed(
        session: JdbcSession,
        call: StoredCall,
        now: Long,
    ) {
        val isSoon = call.state == CallState.READY && call.dueAt <= now + CallLocation.SOON_MILLIS
        val to = if (isSoon) CallLocation.HOT else CallLocation.COLD
        val insert = "INSERT INTO {p}${to.table} (${CallTable.LIST}) VALUES (${CallTable.INSERT_VALUES})"
        session.batch(sql(insert), listOf(CallTable.values(call)))
        session.update(sql("DELETE FROM {p}dead WHERE cid = ?"), call.cid)
    }

    /** Writes when [calls], which are ready or held and locked, are due, and their policies, and moves those that are due soon, or no more. */
    fun reschedule(
        session: JdbcSession,
        calls: List<StoredCall>,
    ) {
        val rows = calls.map { listOf(it.dueAt, it.request.policy, it.progress.policyState, it.cid) }
        for (location in CallLocation.LIVE) {
            session.batch(sql("UPDATE {p}${location.table} SET due_at = ?, policy = ?, policy_state = ? WHERE cid = ?"), rows)
        }
        val cids = calls.map { it.cid }
        moveAll(session, cids, CallLocation.COLD, CallLocation.HOT, "due_at <= {now} + ${CallLocation.SOON_MILLIS}")
        moveAll(session, cids, CallLocation.HOT, CallLocation.COLD, "due_at > {now} + ${CallLocation.SOON_MILLIS}")
    }

    private fun moveAll(
        session: JdbcSession,
        cids: List<String>,
        from: CallLocation,
        to: CallLocation,
        condition: String,
    ) {
        val insert =
            "INSERT INTO {p}${to.table} (${CallTable.LIST}) SELECT ${CallTable.LIST} FROM {p}${from.table} " +
                "WHERE cid = ? AND state = 'READY' AND $condition"
        session.batch(sql(insert), cids.map { listOf(it) })
        val delete = "DELETE FROM {p}${from.table} WHERE cid = ? AND EXISTS (SELECT 1 FROM {p}${to.table} WHERE cid = ?)"
        session.batch(sql(delete), cids.map { listOf(it, it) })
    }

    /**
     * Moves at most [limit] calls that are due soon from [CallLocation.COLD] to [CallLocation.HOT]; returns how many. A page starts where the
     * last one ended, because PostgreSQL keeps the index entries of moved rows for a while.
     */
    fun promote(
        session: JdbcSession,
        limit: Int,
    ): Int {
        val page = sql.dialect.promote(session, sql, promotedUpTo, limit)
        val next = if (page.size == limit) page.lastDue else 0
        session.afterCommit { promotedUpTo = next }
        return page.size
    }

    private companion object {
        const val TRIES = 10
        val CANCELLED = mapOf("state" to "'CANCELLED'", "ended_at" to "{now}", "expires_at" to "kept_until")
        val FIND = CallLocation.select(CallTable.LIST, "cid = ?", CallLocation.LIVE)
        val LOCATE = CallLocation.LIVE.joinToString(" UNION ALL ") { "SELECT '${it.name}' FROM {p}${it.table} WHERE cid = ?" }
    }
}

/** How many calls were promoted, and the latest of their due times. */
internal class PromotedPage(
    val size: Int,
    val lastDue: Long,
)
