package dev.reprise.internal.jdbc

import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withContext
import org.postgresql.PGConnection
import java.sql.Connection
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * The session of PostgreSQL that is kept for leases also receives notifications and holds [locks]: in short turns, between which leases use
 * it. Behind a pooler that changes sessions it does neither.
 */
internal class ListeningSession(
    private val database: Database,
    private val locks: SessionLocks,
    private val settings: Settings,
) {
    class Settings(
        /** Selects the name of the channel; null: nothing is received. */
        val channelQuery: String?,
        /** For the log: what happens without the session. */
        val without: String,
        /** Where that is logged. */
        val log: System.Logger,
        /** Called in the session before each lock that it releases. */
        val onRelease: (JdbcSession, String) -> Unit = { _, _ -> },
        /** Called in the session for each lock that it has taken. */
        val onHeld: (JdbcSession, String) -> Unit,
    )

    /** What was received since the last turn; [isNew] if that was in another session, so that something can have been missed. */
    class Turn(
        val isNew: Boolean,
        val payloads: List<String>,
    )

    private class Attached(
        val connection: Connection,
        val notifications: PGConnection,
        val channel: String?,
        val holder: SessionLocks.Holder,
    )

    /** Used in turns only, of which there is one at a time. */
    private var attached: Attached? = null
    private val listeners = AtomicInteger()

    /** Until it is cancelled, takes turns and calls [onTurn] after each. A session that is lost is replaced; the last listener releases the locks. */
    suspend fun listen(onTurn: suspend (Turn) -> Unit): Nothing {
        listeners.incrementAndGet()
        try {
            var wait = AGAIN
            while (true) {
                tryTo {
                    while (true) {
                        val turn = turn() ?: pooled()
                        wait = AGAIN
                        onTurn(turn)
                    }
                }
                delay(wait)
                wait = minOf(wait * 2, AGAIN_AT_MOST)
            }
        } finally {
            withContext(NonCancellable) { tryTo { leave() } }
        }
    }

    private suspend fun tryTo(listen: suspend () -> Unit) {
        try {
            listen()
        } catch (e: LinkageError) {
            settings.log.log(System.Logger.Level.DEBUG, "this driver does not support LISTEN; ${settings.without}", e)
            awaitCancellation()
        } catch (e: Exception) {
            currentCoroutineContext().ensureActive()
            settings.log.log(System.Logger.Level.DEBUG, "LISTEN connection lost; ${settings.without} until it is back", e)
        }
    }

    /** Behind a pooler that changes sessions, notifications would pile up unread. */
    private suspend fun pooled(): Nothing {
        settings.log.log(System.Logger.Level.INFO, "the connections go through a pooler, without LISTEN; ${settings.without}")
        awaitCancellation()
    }

    /** Receives notifications for a moment; null behind a pooler. */
    private suspend fun turn(): Turn? =
        database.single {
            val known = attached?.takeIf { it.connection === connection }
            val current = known ?: attach() ?: return@single null
            current.holder.refresh()
            val received = current.notifications.getNotifications(TURN_MILLIS).orEmpty()
            Turn(known == null, received.map { it.parameter })
        }

    private fun JdbcSession.attach(): Attached? {
        val notifications = connection.unwrap(PGConnection::class.java)
        if (query("SELECT pg_backend_pid()") { it.getInt(1) }.single() != notifications.backendPID) return null
        val channel = settings.channelQuery?.let { sql -> query(sql) { it.getString(1) }.single() }
        channel?.let { script("LISTEN $it") }
        val holder = locks.Holder(this, { settings.onRelease(this, it) }, { settings.onHeld(this, it) })
        return Attached(connection, notifications, channel, holder).also { attached = it }
    }

    private suspend fun leave() {
        if (listeners.decrementAndGet() > 0) return
        database.single {
            val current = attached?.takeIf { it.connection === connection } ?: return@single
            attached = null
            current.holder.release()
            current.channel?.let { script("UNLISTEN $it") }
        }
    }

    private companion object {
        /** A renewal waits for the end of a turn. */
        const val TURN_MILLIS = 100

        /** Soon, because others find the locks of this process free. */
        val AGAIN = 50.milliseconds
        val AGAIN_AT_MOST = 5.seconds
    }
}
