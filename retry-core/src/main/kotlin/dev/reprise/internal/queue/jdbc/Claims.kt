package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.StoredCall

/** Claims due calls. */
internal class Claims(
    private val sql: SqlTemplate,
) {
    /** Claims calls; higher priorities and earlier due times first. */
    fun claim(
        session: JdbcSession,
        request: ClaimRequest,
    ): List<StoredCall> = sql.dialect.claim(session, sql, request).sortedWith(FIRST)

    /** When a claim would find a call, without claiming it. */
    fun look(
        session: JdbcSession,
        request: ClaimRequest,
    ): Look = sql.dialect.look(session, sql, request)

    private companion object {
        val FIRST: Comparator<StoredCall> = compareBy({ -it.request.priority }, { it.dueAt }, { it.cid })
    }
}
