package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.jdbc.ProcessLocks
import dev.reprise.internal.jdbc.SessionLocks
import dev.reprise.internal.util.ProcessIdentity
import dev.reprise.queue.spi.LeaseJudgement
import dev.reprise.queue.spi.LeaseSweep
import java.sql.ResultSet

/** Judges leases: by the clock of the database, one process for all; by proof, every process for itself. */
internal class LeaseSweeper(
    private val sql: SqlTemplate,
    private val locks: ProcessLocks?,
) {
    /** Every statement is a transaction of its own. */
    fun sweep(
        session: JdbcSession,
        sweep: LeaseSweep,
    ): LeaseJudgement {
        val expected = sweep.expectedNow?.asLong
        val (now, judgeAt, takeoverAt) =
            session.query(sql(TIMES)) { Triple(it.getLong(1), it.getLong(2), it.getLong(3)) }.single()
        val proven = judgeProven(session, sweep.worker)
        // Before a turn is taken, so that no other process overlooks the outage.
        val wasAway = now - (takeoverAt - sweep.everyMillis) >= sweep.outageMillis
        if (wasAway) session.update(sql(NEXT), now + sweep.pauseMillis)
        val next = if (!wasAway && isTurn(judgeAt, now, sweep)) judge(session, sweep, now, expected) else Judged(0, judgeAt - now)
        val isTurn = isTurn(takeoverAt, now, sweep) && take(session, TAKEOVER, sweep.everyMillis, sweep.pauseMillis)
        val nextMillis = minOf(next.nextMillis, locks?.nextLookMillis ?: Long.MAX_VALUE)
        return LeaseJudgement(now, isTurn || proven + next.count > 0, minOf(maxOf(nextMillis, SOON_MILLIS), sweep.everyMillis))
    }

    private class Judged(
        val count: Int,
        val nextMillis: Long,
    )

    /** A turn that is further away than any is set was set by a clock that has gone back since. */
    private fun isTurn(
        at: Long,
        now: Long,
        sweep: LeaseSweep,
    ) = at <= now || at > now + maxOf(sweep.everyMillis, sweep.pauseMillis)

    private fun judge(
        session: JdbcSession,
        sweep: LeaseSweep,
        now: Long,
        expected: Long?,
    ): Judged {
        val clock = sweep.expectedNow ?: return Judged(0, sweep.everyMillis)
        val from = checkNotNull(expected) - sweep.toleranceMillis
        if (now !in from..clock.asLong + sweep.toleranceMillis ||
            !take(session, JUDGE, sweep.everyMillis, sweep.pauseMillis)
        ) {
            return Judged(0, SOON_MILLIS)
        }
        // The clock is looked at again in the statement that judges. If that was held up, an outage is possible, and it judges nothing.
        val to = minOf(clock.asLong + sweep.toleranceMillis, now + sweep.marginMillis)
        val judged = session.update(sql(JUDGE_OVER), sweep.marginMillis, sweep.toleranceMillis, from, to)
        val earliest = session.query(sql(EARLIEST)) { row -> row.getLong(1).takeUnless { row.wasNull() } }.single()
        val nextAt = minOf(maxOf((earliest ?: Long.MAX_VALUE / 2) + sweep.marginMillis, now + SOON_MILLIS), now + sweep.everyMillis)
        if (nextAt < now + sweep.everyMillis) session.update(sql(NEXT), nextAt)
        return Judged(judged, nextAt - now)
    }

    private fun judgeProven(
        session: JdbcSession,
        worker: String?,
    ): Int {
        val locks = locks ?: return 0
        if (locks.needsName && worker == null) return 0
        val holders =
            if (locks.needsName) {
                session.query(
                    sql(NAMESAKES),
                    worker,
                    read = ::holder,
                )
            } else {
                session.query(sql(ALL), read = ::holder)
            }
        return locks.gone(session, holders.toMap()).sumOf { session.update(sql(LeaseTable.JUDGE_ONE), it) }
    }

    private fun holder(row: ResultSet) = row.getString(1) to ProcessIdentity(row.getString(2), row.getLong(3), row.getLong(4))

    /** True if this process does [duty] this time, and no other within the next [everyMillis]; a pause before is at most [pauseMillis] long. */
    fun take(
        session: JdbcSession,
        duty: String,
        everyMillis: Long,
        pauseMillis: Long = 0,
    ): Boolean = session.update(sql(TAKE + sql.dialect.skipLocked + ")"), everyMillis, duty, maxOf(everyMillis, pauseMillis)) == 1

    companion object {
        private const val JUDGE = "judge"
        private const val TAKEOVER = "takeover"
        private const val SOON_MILLIS = 250L
        private const val TIMES =
            "SELECT {now}, (SELECT next_at FROM {p}sweep WHERE duty = '$JUDGE'), (SELECT next_at FROM {p}sweep WHERE duty = '$TAKEOVER')"
        private const val TAKE =
            "UPDATE {p}sweep SET next_at = {now} + ? WHERE duty IN " +
                "(SELECT duty FROM {p}sweep WHERE duty = ? AND (next_at <= {now} OR next_at > {now} + ?)"
        private const val NEXT = "UPDATE {p}sweep SET next_at = ? WHERE duty = '$JUDGE'"

        /** A lease that was renewed in the future was not renewed since the clock went back. Values: the margin, the tolerance, from, to. */
        private const val JUDGE_OVER =
            "UPDATE {p}lease SET judged_at = {now} WHERE judged_at IS NULL AND (valid_until <= {now} - ? OR renewed_at > {now} + ?) " +
                "AND {now} BETWEEN ? AND ?"
        private const val EARLIEST = "SELECT min(valid_until) FROM {p}lease WHERE judged_at IS NULL"
        private const val ALL = "SELECT nonce, host, pid, started FROM {p}lease WHERE judged_at IS NULL"
        private const val NAMESAKES = "$ALL AND worker = ? AND server_started = ${SessionLocks.SERVER_STARTED}"

        /** A lock for the lease is held, by a session of this server. One value: the nonce. */
        const val PROVABLE = "UPDATE {p}lease SET server_started = ${SessionLocks.SERVER_STARTED} WHERE nonce = ?"
    }
}
