package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.model.CallState
import dev.reprise.queue.spi.CallStatus
import dev.reprise.queue.spi.StoredCall

/** Finds calls, ended or not. */
internal class CallQueries(
    private val sql: SqlTemplate,
    private val orders: OrderKeys,
) {
    /** One statement for all tables: between two, the call could move from one to another. */
    fun find(
        session: JdbcSession,
        cid: String,
    ): StoredCall? =
        session.first(
            sql(FIND),
            *Array(CallLocation.entries.size) { cid },
            read = CallTable::read,
        )

    /** The running calls of [owner]. */
    fun claimedBy(
        session: JdbcSession,
        owner: String,
    ): List<StoredCall> =
        session.query(
            sql("SELECT ${CallTable.LIST} FROM {p}call WHERE state = 'RUNNING' AND owner = ? ORDER BY cid"),
            owner,
            read = CallTable::read,
        )

    fun status(
        session: JdbcSession,
        cid: String,
    ): CallStatus? {
        val call = find(session, cid) ?: return null
        val now = sql.now(session)
        val head =
            call.request.orderKey
                ?.let { orders.headOf(session, it) }
                ?.takeIf { it != cid }
        val lease =
            call.claim?.let { claim ->
                session.first(sql("SELECT worker, COALESCE(judged_at, valid_until) FROM {p}lease WHERE nonce = ?"), claim.owner) {
                    it.getString(1) to it.getLong(2)
                }
            }
        return CallStatus(
            call,
            now,
            head,
            headIsDead = head?.let { find(session, it) }?.state == CallState.DEAD,
            worker = lease?.first,
            leaseMillis = lease?.let { it.second - now },
            pausedLanes = session.query(sql("SELECT lane FROM {p}paused_lane")) { it.getString(1) }.toSet(),
        )
    }

    private companion object {
        val FIND = CallLocation.select(CallTable.LIST, "cid = ?")
    }
}
