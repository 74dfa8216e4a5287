package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.ClaimResult
import dev.reprise.queue.spi.StoredCall

/** The differences between databases, and nothing else. */
internal interface Dialect {
    /** The current time in epoch milliseconds, the same within one statement. */
    val now: String

    /** No bytes. */
    val emptyBytes: String

    /** True if a writer excludes all others: then an idle poll must not write, and a claim of several statements needs a transaction. */
    val hasOneWriter: Boolean

    /** Aggregates texts, which have no line breaks, as lines. */
    fun lines(column: String): String

    /** Ends a query that locks its rows until the end of the transaction. */
    val forUpdate: String

    /** The same, skipping rows that are locked. */
    val skipLocked: String

    /** A column of a query whose answer confirms an earlier write: with a standby, that must be on it, and only a commit that writes waits for that. */
    val confirmed: String

    /** Sent before the queries of a list, in their transaction: keeps the planner to the indexes, in whose order they go. Null if not needed. */
    val listPlanning: String?

    /** True if a part of FROM can use the rows of those before it, so that one statement looks at many ranges of an index. */
    val hasLateral: Boolean

    /** Copies rows into `finished`, with [changes] of their columns; [from] is the rest of their query. */
    fun finish(
        changes: Map<String, String>,
        from: String,
    ): String

    /** True if the database can notify other processes. */
    val canNotify: Boolean

    /** Claims due calls for [request], in one transaction; null if it finds none, no calls if too many others claim at this moment. */
    fun claim(
        session: JdbcSession,
        sql: SqlTemplate,
        request: ClaimRequest,
    ): ClaimResult?

    /**
     * Inserts new calls, rows of [CallTable.NEW], into [table], and the changes of the [counts]; claims those that want it and whose worker can
     * claim. Returns when, by their ids.
     */
    fun insert(
        session: JdbcSession,
        sql: SqlTemplate,
        table: CallLocation,
        rows: ArrayParameters,
        counts: ArrayParameters,
    ): Map<String, Long>

    /**
     * Applies [changes] to the columns of running calls, in terms of [rows], each if it still belongs to that claim. Returns the ids and
     * tokens of those that did.
     */
    fun change(
        session: JdbcSession,
        sql: SqlTemplate,
        changes: Map<String, String>,
        rows: ArrayParameters,
    ): Set<Pair<String, Long>>

    /** The same with the calls' [move] to another table; with the changes of the counts if they have ended. */
    fun move(
        session: JdbcSession,
        sql: SqlTemplate,
        move: CallMove,
        rows: ArrayParameters,
    ): Set<Pair<String, Long>>

    /** Moves at most [limit] calls that are due soon, and not before [from], from [CallLocation.COLD] to [CallLocation.HOT]. */
    fun promote(
        session: JdbcSession,
        sql: SqlTemplate,
        from: Long,
        limit: Int,
    ): PromotedPage

    /** Deletes at most [limit] finished calls whose retention is over, and was not before [from]. */
    fun purge(
        session: JdbcSession,
        sql: SqlTemplate,
        from: Long,
        limit: Int,
    ): List<Forgotten>

    /** Replaces at most [limit] of the oldest counts by their sums, within the database; returns how many. */
    fun sumUp(
        session: JdbcSession,
        sql: SqlTemplate,
        limit: Int,
    ): Int

    /** Deletes the rows of [table] whose [column] is one of [values]. */
    fun deleteAll(
        session: JdbcSession,
        sql: SqlTemplate,
        table: String,
        column: String,
        values: List<String>,
    )

    /** Returns those of [values] that the [column] of [table] has, by its index. */
    fun findAll(
        session: JdbcSession,
        sql: SqlTemplate,
        table: String,
        column: String,
        values: Set<String>,
    ): Set<String>

    /** [calls] are ready again with their former due times; called after the commit. */
    fun keptPlace(calls: List<StoredCall>)

    /** Finds out when the next call of the handlers of [request] is due, for a worker that can claim. */
    fun look(
        session: JdbcSession,
        sql: SqlTemplate,
        request: ClaimRequest,
    ): Look
}

/** The present, and when the next call in [CallLocation.HOT] and in [CallLocation.COLD] is due; null if there is none. */
internal class Look(
    val now: Long,
    private val hot: Long?,
    private val cold: Long?,
) {
    /** True if a call is due that claims cannot find. */
    val isPromotionLate: Boolean get() = cold != null && cold <= now

    val nextDueMillis: Long? get() = listOfNotNull(hot, cold).minOrNull()?.let { maxOf(it - now, 0) }
}

/** How running calls leave [CallLocation.HOT]: [to] another table, or to none; with which [changes]; and under which [condition]. */
internal class CallMove(
    val to: CallLocation?,
    val changes: Map<String, String>,
    condition: String? = null,
) {
    val guard: String = CallTable.GUARD + condition?.let { " AND $it" }.orEmpty()
    val isEnd: Boolean get() = to != CallLocation.COLD
}

/** Whether the worker can claim. Two values: the nonce and the lane. */
internal val MAY_CLAIM: String = mayClaim("?", "?")

/** The same with the [nonce] and the [lane] as expressions. */
internal fun mayClaim(
    nonce: String,
    lane: String,
): String =
    "EXISTS (SELECT 1 FROM {p}lease WHERE nonce = $nonce AND judged_at IS NULL) AND NOT EXISTS (SELECT 1 FROM {p}paused_lane WHERE lane = $lane)"

/** What a claim does to a row. One value: the nonce. */
internal const val TAKE =
    "state = 'RUNNING', has_started = 0, owner = ?, token = token + 1, claims = claims + 1, claimed_at = {now}, " +
        "run_started_at = COALESCE(run_started_at, {now})"

/** What replaces counts, and how they are grouped. */
internal const val SUM = "handler, state, sum(delta)"
internal const val SUMMED = "GROUP BY handler, state HAVING sum(delta) <> 0"

internal const val PRIORITY_COUNT = 10
