package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.jdbc.ProcessLocks
import dev.reprise.internal.util.ProcessIdentity
import dev.reprise.queue.spi.LeaseRenewal
import dev.reprise.queue.spi.StoredCall
import java.sql.ResultSet

/** The leases of workers, on the clock of the database. */
internal class LeaseTable(
    private val sql: SqlTemplate,
    /** Proofs that a worker is dead; null where there are none. */
    private val locks: ProcessLocks?,
) {
    fun open(
        session: JdbcSession,
        nonce: String,
        worker: String,
        isNamed: Boolean,
        validMillis: Long,
    ) {
        if (isNamed || locks?.needsName == false) locks?.hold(session, nonce)
        val process = ProcessIdentity.current
        session.update(sql(OPEN), nonce, worker, process.host, process.pid, process.started, validMillis)
    }

    fun renew(
        session: JdbcSession,
        nonce: String,
        validMillis: Long,
        inFlight: Int,
        hung: Int,
    ): LeaseRenewal? {
        val read = { row: ResultSet -> LeaseRenewal(lines(row.getString(1)), lines(row.getString(2)).toSet()) }
        val renewal = session.first(sql(RENEW + news), validMillis, inFlight, hung, nonce, read = read)
        if (renewal == null) locks?.release(session, nonce)
        return renewal
    }

    /** What the worker has to know, in the same round trip: a line for each running call that is to be cancelled, and for each paused lane. */
    private val news =
        " RETURNING (SELECT ${sql.dialect.lines("cid")} FROM {p}call " +
            "WHERE state = 'RUNNING' AND owner = nonce AND cancel_requested = 1), " +
            "(SELECT ${sql.dialect.lines("lane")} FROM {p}paused_lane)"

    private fun lines(text: String?) = text?.lines().orEmpty()

    /** Ends a lease. Its row stays until no call runs under it: the takeover starts from the leases. */
    fun close(
        session: JdbcSession,
        nonce: String,
    ) {
        session.update(sql(JUDGE_ONE), nonce)
        locks?.release(session, nonce)
    }

    /** The running calls of judged leases. It reads these leases and what runs under them, and no other call. */
    fun orphans(
        session: JdbcSession,
        after: String?,
        limit: Int,
    ): List<StoredCall> {
        session.update(sql(DELETE_UNUSED), FORGET_MILLIS)
        return session
            .query(sql("SELECT nonce FROM {p}lease WHERE judged_at IS NOT NULL")) { it.getString(1) }
            .flatMap { nonce -> session.query(sql(RUNNING), nonce, after.orEmpty(), limit, read = CallTable::read) }
            .sortedBy { it.cid }
            .take(limit)
    }

    companion object {
        /** Judges a lease, whatever the clock shows. One value: the nonce. */
        const val JUDGE_ONE = "UPDATE {p}lease SET judged_at = {now} WHERE nonce = ? AND judged_at IS NULL"

        private const val RENEW =
            "UPDATE {p}lease SET renewed_at = {now}, valid_until = {now} + ?, in_flight = ?, hung = ? WHERE nonce = ? AND judged_at IS NULL"
        private const val FORGET_MILLIS = 60_000L
        private const val OPEN =
            "INSERT INTO {p}lease (nonce, worker, host, pid, started, renewed_at, valid_until, info, in_flight, hung) " +
                "VALUES (?, ?, ?, ?, ?, {now}, {now} + ?, '', 0, 0) " +
                "ON CONFLICT (nonce) DO UPDATE SET renewed_at = excluded.renewed_at, valid_until = excluded.valid_until"

        /** A look for each lease: of NOT EXISTS PostgreSQL makes a join that reads all running calls. */
        private const val DELETE_UNUSED =
            "DELETE FROM {p}lease WHERE judged_at <= {now} - ? " +
                "AND (SELECT 1 FROM {p}call WHERE state = 'RUNNING' AND owner = nonce LIMIT 1) IS NULL"
        private val RUNNING =
            "SELECT ${CallTable.LIST} FROM {p}call WHERE state = 'RUNNING' AND owner = ? AND cid > ? ORDER BY cid LIMIT ?"
    }
}
