package dev.reprise.internal.jdbc

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.delay
import java.sql.SQLException
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * Transactions on a database, off the caller's dispatcher. What a database says will pass (a deadlock, a serialization failure, a busy
 * file) is tried again a bounded number of times; such a failure has undone the transaction. A connection has to come within
 * [timeoutSeconds], and a statement to end within [statementSeconds].
 */
internal class Database(
    private val connections: Connections,
    private val dispatcher: CoroutineDispatcher,
    private val timeoutSeconds: Int,
    private val statementSeconds: Int = timeoutSeconds,
) : AutoCloseable {
    /** Runs [work] in one transaction; it may run several times, of which one counts. */
    suspend fun <T> transaction(work: JdbcSession.() -> T): T =
        retrying { start -> connections.transaction(start) { JdbcSession(it, statementSeconds).work() } }

    /** Runs statements that each stand for themselves. */
    suspend fun <T> single(work: JdbcSession.() -> T): T =
        retrying { start -> connections.single(start) { JdbcSession(it, statementSeconds).work() } }

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
        connections.close()
    }

    private companion object {
        const val TRIES = 6
        const val FIRST_WAIT = 5L
    }
}

/** True if the database will not take these values, however often it is asked. */
internal fun SQLException.isRefusal(): Boolean =
    chain().any { it.sqlState?.take(2) in REFUSING_CLASSES || (it.isSqlite() && it.errorCode and LOW_BYTE in REFUSING_CODES) }

/** True if the transaction was undone by chance, and may succeed if it is tried again. */
internal fun SQLException.isTransient(): Boolean =
    chain().any { it.sqlState in PASSING_STATES || (it.isSqlite() && it.errorCode and LOW_BYTE in PASSING_CODES) }

private fun SQLException.chain() = generateSequence<Throwable>(this) { it.cause }.take(LONGEST_CHAIN).filterIsInstance<SQLException>()

private fun SQLException.isSqlite() = javaClass.name.startsWith("org.sqlite.")

/** Serialization failure and deadlock. */
private val PASSING_STATES = setOf("40001", "40P01")

/** SQLITE_BUSY and SQLITE_LOCKED. */
private val PASSING_CODES = setOf(5, 6)

/** Data exceptions, broken constraints, limits of the program. */
private val REFUSING_CLASSES = setOf("22", "23", "54")

/** SQLITE_TOOBIG, SQLITE_CONSTRAINT and SQLITE_MISMATCH. */
private val REFUSING_CODES = setOf(18, 19, 20)
private const val LOW_BYTE = 0xFF
private const val LONGEST_CHAIN = 10
