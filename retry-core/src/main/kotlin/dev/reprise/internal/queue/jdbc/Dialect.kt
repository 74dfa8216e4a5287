package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.StoredCall

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
        sql: SqlTemplate,
        order: ClaimRequest,
    ): List<StoredCall>

    /** Inserts new calls, [values] for the columns [columns] of `call` in terms of [rows], and what the tally has to hear of them. */
    fun insert(
        session: JdbcSession,
        sql: SqlTemplate,
        columns: String,
        values: String,
        rows: ArrayParameters,
        tally: ArrayParameters,
    )

    /**
     * Changes calls as [changes] tells for their columns, in terms of [rows], each if it is still that claim's. The answer has the ids and
     * tokens of those that were.
     */
    fun change(
        session: JdbcSession,
        sql: SqlTemplate,
        changes: Map<String, String>,
        rows: ArrayParameters,
    ): Set<Pair<String, Long>>

    /** The same, moving them from `call` to `ended`, and tells the tally of it. */
    fun end(
        session: JdbcSession,
        sql: SqlTemplate,
        changes: Map<String, String>,
        rows: ArrayParameters,
    ): Set<Pair<String, Long>>

    /** When the next call of the handlers of [order] is due; null if none is, or the worker may claim none. */
    fun nextDue(
        session: JdbcSession,
        sql: SqlTemplate,
        order: ClaimRequest,
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
