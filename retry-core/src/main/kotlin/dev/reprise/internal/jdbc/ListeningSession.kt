package dev.reprise.internal.jdbc

import org.postgresql.PGConnection
import java.sql.Connection
import java.util.concurrent.atomic.AtomicInteger

/**
 * The session of PostgreSQL that is kept for leases also receives notifications and holds [locks]: in short turns, between which leases use
 * it. Behind a pooler that changes sessions it does neither.
 */
internal class ListeningSession(
    private val database: Database,
    private val locks: SessionLocks,
    /** Selects the name of the channel. */
    private val channelQuery: String,
    /** Called in the session for each lock that it has taken. */
    private val onHeld: (JdbcSession, String) -> Unit,
) {
    /** What was received since the last turn; [isNew] if that was in another session, so that something can have been missed. */
    class Turn(
        val isNew: Boolean,
        val payloads: List<String>,
    )

    private class Attached(
        val connection: Connection,
        val notifications: PGConnection,
        val channel: String,
        val holder: SessionLocks.Holder,
    )

    /** Used in turns only, of which there is one at a time. */
    private var attached: Attached? = null
    private val listeners = AtomicInteger()

    /** A listener takes turns until it calls [leave]. */
    fun join() {
        listeners.incrementAndGet()
    }

    /** Receives notifications for a moment; null behind a pooler. */
    suspend fun turn(): Turn? =
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
        val channel = query(channelQuery) { it.getString(1) }.single()
        script("LISTEN $channel")
        return Attached(connection, notifications, channel, locks.Holder(this) { onHeld(this, it) }).also { attached = it }
    }

    /** The last one releases the locks. */
    suspend fun leave() {
        if (listeners.decrementAndGet() > 0) return
        database.single {
            val current = attached?.takeIf { it.connection === connection } ?: return@single
            attached = null
            current.holder.release()
            script("UNLISTEN ${current.channel}")
        }
    }

    private companion object {
        /** A renewal waits for the end of a turn. */
        const val TURN_MILLIS = 100
    }
}
