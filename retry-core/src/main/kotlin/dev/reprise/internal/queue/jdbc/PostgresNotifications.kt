package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.util.workerThreads
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withContext
import org.postgresql.PGConnection
import java.sql.Connection
import java.util.UUID
import java.util.concurrent.atomic.AtomicLong
import javax.sql.DataSource

/**
 * Notifies other processes of work through PostgreSQL's NOTIFY, and receives their notifications. It is only an accelerator: a missed
 * notification is found by the next poll of a worker.
 */
internal class PostgresNotifications(
    prefix: String,
) {
    /** A separate thread, because it blocks most of the time. */
    private val listening = workerThreads("listen", 1)
    private val channel = "${prefix}work"

    /** By this a process recognizes its own notifications. */
    private val own = UUID.randomUUID().toString()
    private val sentAt = AtomicLong(System.nanoTime() - APART_NANOS)

    /**
     * Sends one with the commit of the transaction of [session]. Commits with a notification wait for each other in the database, so they
     * are rare; a receiver polls once more after that interval.
     */
    fun send(session: JdbcSession) {
        val last = sentAt.get()
        val now = System.nanoTime()
        if (now - last < APART_NANOS || !sentAt.compareAndSet(last, now)) return
        session.query("SELECT pg_notify(?, ?)", channel, own) {}
    }

    /** Calls [onWork] for notifications of other processes, on a separate connection, until that breaks. */
    suspend fun receive(
        source: DataSource,
        onWork: () -> Unit,
    ): Unit =
        withContext(listening) {
            source.connection.use { connection ->
                val session = connection.unwrap(PGConnection::class.java)
                connection.autoCommit = true
                connection.execute("LISTEN $channel")
                // Earlier notifications are not repeated.
                onWork()
                try {
                    while (connection.isValid(VALID_SECONDS)) {
                        repeat(TURNS) {
                            currentCoroutineContext().ensureActive()
                            if (session.receives(TURN_MILLIS)) {
                                onWork()
                                session.receives(APART_MILLIS)
                                onWork()
                            }
                        }
                    }
                } finally {
                    if (!connection.isClosed) connection.execute("UNLISTEN $channel")
                }
            }
        }

    private fun PGConnection.receives(millis: Int) = getNotifications(millis).orEmpty().any { it.parameter != own }

    private fun Connection.execute(sql: String) {
        createStatement().use { it.execute(sql) }
    }

    private companion object {
        const val APART_MILLIS = 20
        const val APART_NANOS = APART_MILLIS * 1_000_000L

        /** How soon it ends after a cancellation. */
        const val TURN_MILLIS = 200

        /** After so many turns without a notification the connection is checked. */
        const val TURNS = 150
        const val VALID_SECONDS = 5
    }
}
