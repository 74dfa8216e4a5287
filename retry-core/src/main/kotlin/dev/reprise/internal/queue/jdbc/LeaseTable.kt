package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.spi.LeaseRenewal
import dev.reprise.queue.spi.StoredCall

/** The leases of workers, on the clock of the database. */
internal class LeaseTable(
    private val sql: SqlTemplate,
) {
    fun join(
        session: JdbcSession,
        nonce: String,
        worker: String,
        validMillis: Long,
    ) {
        session.update(
            sql(
                "INSERT INTO {p}lease (nonce, worker, valid_until) VALUES (?, ?, {now} + ?) " +
                    "ON CONFLICT (nonce) DO UPDATE SET worker = excluded.worker, valid_until = excluded.valid_until",
            ),
            nonce,
            worker,
            validMillis,
        )
    }

    fun renew(
        session: JdbcSession,
        nonce: String,
        validMillis: Long,
    ): LeaseRenewal? {
        val renewal = "UPDATE {p}lease SET valid_until = {now} + ? WHERE nonce = ? AND valid_until > {now}"
        if (session.update(sql(renewal), validMillis, nonce) == 0) return null
        val wanted = "SELECT cid FROM {p}call WHERE state = 'RUNNING' AND owner = ? AND cancel_requested = 1 ORDER BY cid"
        return LeaseRenewal(session.query(sql(wanted), nonce) { it.getString(1) })
    }

    fun leave(
        session: JdbcSession,
        nonce: String,
    ) {
        session.update(sql("DELETE FROM {p}lease WHERE nonce = ?"), nonce)
    }

    /** The running calls without a valid lease. A lease that is long over is forgotten: it says no more than none. */
    fun orphans(
        session: JdbcSession,
        after: String?,
        limit: Int,
    ): List<StoredCall> {
        session.update(sql("DELETE FROM {p}lease WHERE valid_until < {now} - ?"), FORGET_MILLIS)
        return session.query(
            sql(
                "SELECT ${CallTable.LIST} FROM {p}call c WHERE state = 'RUNNING' AND cid > ? AND NOT EXISTS " +
                    "(SELECT 1 FROM {p}lease l WHERE l.nonce = c.owner AND l.valid_until > {now}) ORDER BY cid LIMIT ?",
            ),
            after.orEmpty(),
            limit,
            read = CallTable::read,
        )
    }

    private companion object {
        const val FORGET_MILLIS = 3_600_000L
    }
}
