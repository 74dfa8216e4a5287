package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.Database
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.ClaimResult
import dev.reprise.queue.spi.StoredCall
import java.util.concurrent.atomic.AtomicInteger
import kotlin.random.Random

/** Claims due calls. */
internal class Claims(
    private val sql: SqlTemplate,
    private val live: LiveCalls,
    private val database: Database,
    private val pace: NoticePace,
) {
    /** How many attempts in a row others have prevented. */
    private val refusals = AtomicInteger()

    /** Claims calls; higher priorities and earlier due times first. If none is due, it returns when the next one is. */
    suspend fun claim(request: ClaimRequest): ClaimResult {
        // An idle poll must not write where there is one writer.
        if (sql.dialect.hasOneWriter || request.looksFirst) look(request).let { if (it.nextDueMillis != 0L) return it }
        claimed(request)?.let { return it }
        val look = look(request)
        if (look.nextDueMillis != 0L) return look.also { pace.looked(found = false) }
        // What is due was promoted just now, or another worker has it locked.
        return claimed(request) ?: later(look.now)
    }

    /** Null if nothing is found. */
    private suspend fun claimed(request: ClaimRequest): ClaimResult? {
        val result =
            if (sql.dialect.hasOneWriter) {
                database.transaction { sql.dialect.claim(this, sql, request) }
            } else {
                database.single { sql.dialect.claim(this, sql, request) }
            }
        if (result == null) return null
        if (result.calls.isEmpty()) return later(result.now)
        refusals.set(0)
        return result.also { pace.looked(found = true) }
    }

    /** Others claim at this moment. The more often that happens, the later is the next attempt. */
    private fun later(now: Long): ClaimResult {
        val longest = SHORTEST_MILLIS shl minOf(refusals.getAndIncrement(), DOUBLINGS)
        return ClaimResult(emptyList(), now, Random.nextLong(longest / 2, longest))
    }

    /** When a claim would find a call, without claiming it. What is due, and was not promoted in time, is promoted now. */
    private suspend fun look(request: ClaimRequest): ClaimResult {
        val look = database.single { sql.dialect.look(this, sql, request) }
        if (look.isPromotionLate) promote(PROMOTED_LATE)
        return ClaimResult(emptyList(), look.now, look.nextDueMillis)
    }

    suspend fun promote(limit: Int): Int = database.transaction { live.promote(this, limit) }

    private companion object {
        /** How many calls a claim promotes that finds none. */
        const val PROMOTED_LATE = 1000
        const val SHORTEST_MILLIS = 10L
        const val DOUBLINGS = 4
    }
}

private val FIRST: Comparator<StoredCall> = compareBy({ -it.request.priority }, { it.dueAt }, { it.cid })

/** The result of a claim that took [calls]; null if these are none. */
internal fun resultOf(calls: List<StoredCall>): ClaimResult? =
    calls.firstOrNull()?.claim?.let { ClaimResult(calls.sortedWith(FIRST), it.at, null) }

/** The statements with which PostgreSQL claims calls, and looks when the next one is due. */
internal object ClaimSql {
    /**
     * One of a few turns until the end of the transaction, or none. Of many claims at a time each would try to lock what all others have locked,
     * and what they have just claimed: a hundred of them together claim less than four.
     */
    private const val TURN =
        "SELECT EXISTS (SELECT 1 FROM generate_series(1, 4) AS turn WHERE " +
            "pg_try_advisory_xact_lock('{p}call'::regclass::oid::int4, turn)) AS is_taken"

    /**
     * For each priority and handler, in this sequence, the due calls that are not locked. Because of MATERIALIZED the planner cannot lock more
     * rows than are claimed; the third part keeps a handler with several priorities within its limit. There is always a row.
     */
    val CLAIM: String =
        "WITH turn AS MATERIALIZED ($TURN), picked AS MATERIALIZED (" +
            "SELECT c.cid, w.handler, w.room, w.place " +
            "FROM unnest(?::text[], ?::int4[], ?::int4[], ?::int8[]) WITH ORDINALITY AS w(handler, priority, room, since, place) " +
            "CROSS JOIN LATERAL (SELECT cid FROM {p}call WHERE state = 'READY' AND handler = w.handler AND priority = w.priority " +
            "AND due_at >= w.since AND due_at <= {now} ORDER BY due_at, cid LIMIT w.room FOR UPDATE SKIP LOCKED) c " +
            "WHERE (SELECT is_taken FROM turn) AND $MAY_CLAIM LIMIT ?), " +
            "numbered AS (SELECT cid, room, row_number() OVER (PARTITION BY handler ORDER BY place) AS n FROM picked), " +
            "claimed AS (UPDATE {p}call SET $TAKE WHERE cid = ANY (ARRAY(SELECT cid FROM numbered WHERE n <= room)) " +
            "RETURNING ${CallTable.LIST}) SELECT is_taken, {now} AS looked_at, claimed.* FROM turn LEFT JOIN claimed ON true"

    /** Values: handlers, priorities, from when on in `call`, how long after now in `waiting`, the nonce and the lane. */
    val LOOK: String =
        "SELECT {now} AS now, min(hot.due_at) AS hot, min(cold.due_at) AS cold " +
            "FROM unnest(?::text[], ?::int4[], ?::int8[]) AS w(handler, priority, since) " +
            "LEFT JOIN LATERAL (SELECT due_at FROM {p}call WHERE state = 'READY' AND handler = w.handler " +
            "AND priority = w.priority AND due_at >= w.since ORDER BY due_at LIMIT 1) hot ON true " +
            "LEFT JOIN LATERAL (SELECT due_at FROM {p}waiting WHERE state = 'READY' AND handler = w.handler " +
            "AND priority = w.priority AND due_at >= {now} + ? ORDER BY due_at LIMIT 1) cold ON true WHERE $MAY_CLAIM"

    const val FROM_START = -1_000_000_000_000_000L

    /** What is due earlier was promoted with the last page, unless that is late. */
    const val PROMOTED = CallLocation.SOON_MILLIS - 15_000
}
