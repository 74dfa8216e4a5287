package dev.reprise.jdbc

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.delay
import kotlinx.coroutines.withContext
import java.sql.SQLException
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds

/**
 * Transactions on a database, off the caller's dispatcher. What a database says will pass (a deadlock, a serialization failure, a busy
 * file) is tried again a bounded number of times; such a failure has undone the transaction.
 */
internal class Database(
    private val connections: Connections,
    private val dispatcher: CoroutineDispatcher,
    private val timeoutSeconds: Int,
) : AutoCloseable {
    /** Runs [work] in one transaction; it may run several times, of which one counts. */
    suspend fun <T> transaction(work: JdbcSession.() -> T): T =
        retrying { connections.transaction { JdbcSession(it, timeoutSeconds).work() } }

    /** Runs statements that each stand for themselves. */
    suspend fun <T> single(work: JdbcSession.() -> T): T = retrying { connections.single { JdbcSession(it, timeoutSeconds).work() } }

    private suspend fun <T> retrying(work: () -> T): T {
        var wait = FIRST_WAIT
        repeat(TRIES - 1) {
            try {
                return withContext(dispatcher) { work() }
            } catch (e: SQLException) {
                if (!e.isTransient()) throw e
            }
            delay(Random.nextLong(wait, wait * 2).milliseconds)
            wait *= 2
        }
        return withContext(dispatcher) { work() }
    }

    override fun close() {
        connections.close()
    }

    private companion object {
        const val TRIES = 6
        const val FIRST_WAIT = 5L
    }
}

/** True if the transaction was undone by chance, and may succeed if it is tried again. */
internal fun SQLException.isTransient(): Boolean =
    generateSequence<Throwable>(this) { it.cause }.take(LONGEST_CHAIN).filterIsInstance<SQLException>().any {
        it.sqlState in PASSING_STATES || (it.isSqlite() && it.errorCode and LOW_BYTE in PASSING_CODES)
    }

private fun SQLException.isSqlite() = javaClass.name.startsWith("org.sqlite.")

/** Serialization failure and deadlock. */
private val PASSING_STATES = setOf("40001", "40P01")

/** SQLITE_BUSY and SQLITE_LOCKED. */
private val PASSING_CODES = setOf(5, 6)
private const val LOW_BYTE = 0xFF
private const val LONGEST_CHAIN = 10
