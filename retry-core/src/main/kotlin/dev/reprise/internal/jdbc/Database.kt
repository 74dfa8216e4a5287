package dev.reprise.internal.jdbc

import dev.reprise.internal.util.chain
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.delay
import java.sql.Connection
import java.sql.SQLException
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * Transactions on a database, on threads of [dispatcher]. After a transient failure (a deadlock, a serialization failure, a busy file),
 * which has rolled the transaction back, it is repeated a bounded number of times. The limit for a connection is [timeoutSeconds], that of
 * a statement [statementSeconds].
 */
internal class Database(
    private val connections: Connections,
    private val dispatcher: CoroutineDispatcher,
    private val timeoutSeconds: Int,
    private val statementSeconds: Int = timeoutSeconds,
    /** For work that must not wait behind that of callers: the results of calls. */
    val reserved: Database? = null,
    /** For work that must wait behind nothing else: leases. */
    val leases: Database? = null,
    /** True if [leases] has a connection of its own, so that it can keep what belongs to a session. */
    val hasLeaseSession: Boolean = false,
) : AutoCloseable {
    /** Runs [work] in one transaction; it can run several times, of which one counts. */
    suspend fun <T> transaction(work: JdbcSession.() -> T): T = committing(work) { start, body -> connections.transaction(start, body) }

    /** Runs statements that are their own transactions. */
    suspend fun <T> single(work: JdbcSession.() -> T): T = committing(work) { start, body -> connections.single(start, body) }

    private suspend fun <T> committing(
        work: JdbcSession.() -> T,
        run: (StartGate, (Connection) -> T) -> T,
    ): T =
        retrying { start ->
            lateinit var session: JdbcSession
            val result =
                run(start) {
                    session = JdbcSession(it, statementSeconds)
                    session.work()
                }
            result.also { session.committed() }
        }

    private suspend fun <T> retrying(work: (StartGate) -> T): T {
        var wait = FIRST_WAIT
        repeat(TRIES - 1) {
            try {
                return blocking(dispatcher, timeoutSeconds.seconds, work)
            } catch (e: SQLException) {
                if (!e.isTransient()) throw e
            }
            delay(Random.nextLong(wait, wait * 2).milliseconds)
            wait *= 2
        }
        return blocking(dispatcher, timeoutSeconds.seconds, work)
    }

    override fun close() {
        leases?.close()
        reserved?.close()
        connections.close()
    }

    private companion object {
        const val TRIES = 6
        const val FIRST_WAIT = 5L
    }
}

/** True if the database rejects these values, however often they are sent. */
internal fun SQLException.isRejection(): Boolean =
    sqlExceptions().any { it.sqlState?.take(2) in REJECTING_CLASSES || (it.isSqlite() && it.errorCode and LOW_BYTE in REJECTING_CODES) }

/** True if the transaction was rolled back for a transient reason, and can succeed if it is repeated. */
internal fun SQLException.isTransient(): Boolean =
    sqlExceptions().any { it.sqlState in TRANSIENT_STATES || (it.isSqlite() && it.errorCode and LOW_BYTE in TRANSIENT_CODES) }

private fun SQLException.sqlExceptions() = chain().filterIsInstance<SQLException>()

private fun SQLException.isSqlite() = javaClass.name.startsWith("org.sqlite.")

/** Serialization failure and deadlock. */
private val TRANSIENT_STATES = setOf("40001", "40P01")

/** SQLITE_BUSY and SQLITE_LOCKED. */
private val TRANSIENT_CODES = setOf(5, 6)

/** Data exceptions, broken constraints, limits of the program. */
private val REJECTING_CLASSES = setOf("22", "23", "54")

/** SQLITE_TOOBIG, SQLITE_CONSTRAINT and SQLITE_MISMATCH. */
private val REJECTING_CODES = setOf(18, 19, 20)
private const val LOW_BYTE = 0xFF
