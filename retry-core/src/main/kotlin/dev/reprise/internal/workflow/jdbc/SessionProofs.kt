package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.BackgroundWork
import dev.reprise.internal.jdbc.Database
import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.jdbc.ListeningSession
import dev.reprise.internal.jdbc.SessionLocks
import dev.reprise.internal.util.ProcessIdentity
import kotlinx.coroutines.Job
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import java.sql.ResultSet
import java.util.UUID
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import kotlin.time.Duration.Companion.minutes
import kotlin.time.TimeSource

/**
 * Proofs for PostgreSQL among the processes that are named [worker]: the server releases the lock of a process when the session ends that holds it.
 * The row of a process is there for as long as such a lock proves something.
 */
internal class SessionProofs(
    private val tables: WorkflowTables,
    private val database: Database,
    private val worker: String,
) : RunProofs("run-${UUID.randomUUID()}") {
    private val locks = SessionLocks()
    private val background = BackgroundWork("run-lock")
    private val session =
        ListeningSession(
            database,
            locks,
            ListeningSession.Settings(
                channelQuery = null,
                without = "runs of this process are free when their leases expire",
                log = System.getLogger("dev.reprise.workflow"),
                onRelease = { session, name -> session.update(tables.filled(DELETE), name) },
            ) { session, name -> held(session, name) },
        )
    private val forgetEvery = maxOf(tables.lease, SHORTEST_FORGETTING)

    /** Completes when the lock is released. */
    @Volatile
    private var holding: Job? = null
    private val looking = Mutex()

    override val isHeld: Boolean get() = holding != null

    /** The lock can come later: until then nothing is proven. */
    override fun hold(session: JdbcSession) {
        if (isHeld) return
        locks.hold(session, lock)
        session.afterCommit { holding = background.launch { keep() } }
    }

    private suspend fun keep() {
        var lookedAt = TimeSource.Monotonic.markNow()
        var before = emptySet<String>()
        session.listen {
            if (lookedAt.elapsedNow() < forgetEvery) return@listen
            lookedAt = TimeSource.Monotonic.markNow()
            before = forget(before)
        }
    }

    private fun held(
        session: JdbcSession,
        name: String,
    ) {
        val process = ProcessIdentity.current
        session.update(tables.filled(HELD), name, worker, process.host, process.pid, process.started)
    }

    /** Deletes the rows of processes whose locks are free, and were so [before], longer ago than any lease; returns those that are free now. */
    private suspend fun forget(before: Set<String>): Set<String> =
        database.single {
            val free = locks.free(this, query(tables.filled(ALL), read = ::process).toMap())
            (free intersect before).forEach { update(tables.filled(DELETE), it) }
            free - before
        }

    /** One look at a time: while one has a lock for a moment, another one would not find it free. */
    override suspend fun free(
        run: String,
        owner: String,
    ): Boolean =
        looking.withLock {
            tables.single { session ->
                val namesakes = session.query(filled(NAMESAKES), worker, lock, read = ::process).toMap()
                val isGone = lockOf(owner) in locks.gone(session, namesakes)
                if (isGone) session.update(filled(FREE), run, owner)
                isGone
            }
        }

    private fun process(row: ResultSet) = row.getString(1) to ProcessIdentity(row.getString(2), row.getLong(3), row.getLong(4))

    override fun nextLookMillis(owner: String): Long? = if (locks.isSuspected(lockOf(owner))) locks.nextLookMillis else null

    /** What still runs here must not start elsewhere: the row is deleted before the lock is released. */
    override fun close() {
        val released = CountDownLatch(1)
        holding?.run {
            cancel()
            invokeOnCompletion { released.countDown() }
            released.await(RELEASE_MILLIS, TimeUnit.MILLISECONDS)
        }
        background.close()
    }

    private companion object {
        val SHORTEST_FORGETTING = 10.minutes

        /** A database that does not respond is not awaited for longer. */
        const val RELEASE_MILLIS = 1_000L
        const val ALL = "SELECT id, host, pid, started FROM {p}process"

        /** After a restart of the server, all locks of before are free, and prove nothing. */
        const val NAMESAKES = "$ALL WHERE worker = ? AND id <> ? AND server_started = ${SessionLocks.SERVER_STARTED}"
        const val DELETE = "DELETE FROM {p}process WHERE id = ?"
        const val FREE = "UPDATE {p}run SET lease_until = 0 WHERE id = ? AND owner = ?"
        const val HELD =
            "INSERT INTO {p}process (id, worker, host, pid, started, server_started) " +
                "VALUES (?, ?, ?, ?, ?, ${SessionLocks.SERVER_STARTED}) ON CONFLICT (id) DO UPDATE SET server_started = excluded.server_started"
    }
}
