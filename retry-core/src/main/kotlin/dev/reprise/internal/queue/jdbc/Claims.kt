package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.Database
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.ClaimResult
import dev.reprise.queue.spi.StoredCall

/** Claims due calls. */
internal class Claims(
    private val sql: SqlTemplate,
    private val live: LiveCalls,
    private val database: Database,
) {
    /** Claims calls; higher priorities and earlier due times first. If none is due, it returns when the next one is. */
    suspend fun claim(request: ClaimRequest): ClaimResult {
        // An idle poll must not write where there is one writer.
        if (sql.dialect.hasOneWriter || request.looksFirst) look(request).let { if (it.nextDueMillis != 0L) return it }
        claimed(request)?.let { return it }
        val look = look(request)
        return (if (look.nextDueMillis == 0L) claimed(request) else null) ?: look
    }

    private suspend fun claimed(request: ClaimRequest): ClaimResult? {
        val calls =
            if (sql.dialect.hasOneWriter) {
                database.transaction { sql.dialect.claim(this, sql, request) }
            } else {
                database.single { sql.dialect.claim(this, sql, request) }
            }
        return if (calls.isEmpty()) null else ClaimResult(calls.sortedWith(FIRST), checkNotNull(calls[0].claim).at, null)
    }

    /** When a claim would find a call, without claiming it. What is due, and was not promoted in time, is promoted now. */
    private suspend fun look(request: ClaimRequest): ClaimResult {
        val look = database.single { sql.dialect.look(this, sql, request) }
        if (look.isPromotionLate) promote(PROMOTED_LATE)
        return ClaimResult(emptyList(), look.now, look.nextDueMillis)
    }

    suspend fun promote(limit: Int): Int = database.transaction { live.promote(this, limit) }

    private companion object {
        val FIRST: Comparator<StoredCall> = compareBy({ -it.request.priority }, { it.dueAt }, { it.cid })

        /** How many calls a claim promotes that finds none. */
        const val PROMOTED_LATE = 1000
    }
}
