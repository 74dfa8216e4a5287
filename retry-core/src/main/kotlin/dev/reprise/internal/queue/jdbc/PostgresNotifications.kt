package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withContext
import org.postgresql.PGConnection
import java.sql.Connection
import java.util.UUID
import java.util.concurrent.atomic.AtomicLong
import javax.sql.DataSource

/**
 * Tells other processes that there is something to do, through PostgreSQL's NOTIFY, and hears it from them. It makes things faster and
 * nothing else: what is missed is found by the next look of a worker.
 */
internal class PostgresNotifications(
    prefix: String,
) {
    private val channel = "${prefix}news"

    /** By which a process knows its own news, which are none to it. */
    private val own = UUID.randomUUID().toString()
    private val toldAt = AtomicLong(System.nanoTime() - APART_NANOS)

    /**
     * Tells it with the commit of the transaction of [session]. Commits that tell something wait for each other in the database, so it is
     * done once in a while; who hears it looks once more after that while.
     */
    fun tell(session: JdbcSession) {
        val last = toldAt.get()
        val now = System.nanoTime()
        if (now - last < APART_NANOS || !toldAt.compareAndSet(last, now)) return
        session.query("SELECT pg_notify(?, ?)", channel, own) {}
    }

    /** Calls [onNews] for what others tell, on a connection of its own, until that breaks. */
    suspend fun hear(
        source: DataSource,
        onNews: () -> Unit,
    ): Unit =
        withContext(Dispatchers.IO) {
            source.connection.use { connection ->
                val listening = connection.unwrap(PGConnection::class.java)
                connection.autoCommit = true
                connection.execute("LISTEN $channel")
                // What was told before is not told again.
                onNews()
                try {
                    while (connection.isValid(VALID_SECONDS)) {
                        repeat(TURNS) {
                            currentCoroutineContext().ensureActive()
                            if (listening.hears(TURN_MILLIS)) {
                                onNews()
                                listening.hears(APART_MILLIS)
                                onNews()
                            }
                        }
                    }
                } finally {
                    if (!connection.isClosed) connection.execute("UNLISTEN $channel")
                }
            }
        }

    private fun PGConnection.hears(millis: Int) = getNotifications(millis).orEmpty().any { it.parameter != own }

    private fun Connection.execute(sql: String) {
        createStatement().use { it.execute(sql) }
    }

    private companion object {
        const val APART_MILLIS = 20
        const val APART_NANOS = APART_MILLIS * 1_000_000L

        /** How soon it ends when it is cancelled. */
        const val TURN_MILLIS = 200

        /** After so many turns in silence it is asked whether the connection is there at all. */
        const val TURNS = 150
        const val VALID_SECONDS = 5
    }
}
