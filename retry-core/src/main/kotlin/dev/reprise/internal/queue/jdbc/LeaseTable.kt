package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.spi.LeaseRenewal
import dev.reprise.queue.spi.StoredCall

/** The leases of workers, on the clock of the database. */
internal class LeaseTable(
    private val sql: SqlTemplate,
    /** Proofs that a worker is dead; null where there are none. */
    private val locks: WorkerLocks?,
) {
    fun open(
        session: JdbcSession,
        nonce: String,
        worker: String,
        validMillis: Long,
    ) {
        locks?.hold(session.file(), nonce)
        session.update(
            sql(
                "INSERT INTO {p}lease (nonce, worker, process, valid_until) VALUES (?, ?, ?, {now} + ?) " +
                    "ON CONFLICT (nonce) DO UPDATE SET worker = excluded.worker, valid_until = excluded.valid_until",
            ),
            nonce,
            worker,
            WorkerLocks.process,
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
        return LeaseRenewal(
            session.query(sql(wanted), nonce) { it.getString(1) },
            session.query(sql("SELECT lane FROM {p}paused_lane")) { it.getString(1) }.toSet(),
        )
    }

    /** Ends a lease. Its row stays until no call runs under it: the sweep starts from the leases. */
    fun close(
        session: JdbcSession,
        nonce: String,
    ) {
        session.update(sql(END), nonce)
        locks?.release(session.file(), nonce)
    }

    /** Ends the leases of processes that are proven to be gone, before their time. */
    private fun endGone(session: JdbcSession) {
        val locks = locks ?: return
        val others = session.query(sql(VALID_ELSEWHERE), WorkerLocks.process) { it.getString(1) }
        if (others.isEmpty()) return
        val file = session.file()
        others.filter { locks.isGone(file, it) }.forEach { session.update(sql(END), it) }
    }

    /** The file of the database; empty for one in memory. */
    private fun JdbcSession.file(): String =
        first("SELECT file FROM pragma_database_list WHERE name = 'main'") { it.getString(1) }.orEmpty()

    /** The running calls of leases that are over. It reads the leases and what runs under those that are over, and no other call. */
    fun orphans(
        session: JdbcSession,
        after: String?,
        limit: Int,
    ): List<StoredCall> {
        endGone(session)
        session.update(sql(DELETE_UNUSED), FORGET_MILLIS)
        return session
            .query(sql("SELECT nonce FROM {p}lease WHERE valid_until <= {now}")) { it.getString(1) }
            .flatMap { nonce -> session.query(sql(RUNNING), nonce, after.orEmpty(), limit, read = CallTable::read) }
            .sortedBy { it.cid }
            .take(limit)
    }

    private companion object {
        const val END = "UPDATE {p}lease SET valid_until = 0 WHERE nonce = ?"
        const val VALID_ELSEWHERE = "SELECT nonce FROM {p}lease WHERE valid_until > {now} AND process <> ?"
        const val FORGET_MILLIS = 60_000L
        const val DELETE_UNUSED =
            "DELETE FROM {p}lease WHERE valid_until <= {now} - ? " +
                "AND NOT EXISTS (SELECT 1 FROM {p}call WHERE state = 'RUNNING' AND owner = nonce)"
        val RUNNING =
            "SELECT ${CallTable.LIST} FROM {p}call WHERE state = 'RUNNING' AND owner = ? AND cid > ? ORDER BY cid LIMIT ?"
    }
}
