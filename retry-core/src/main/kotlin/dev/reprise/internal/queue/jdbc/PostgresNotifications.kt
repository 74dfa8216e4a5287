package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.BackgroundWork
import dev.reprise.internal.jdbc.Database
import dev.reprise.internal.jdbc.ListeningSession
import dev.reprise.internal.jdbc.SessionLocks
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.withContext
import java.sql.SQLException
import java.util.UUID
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicBoolean
import java.util.function.Predicate
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * Notifies other processes of work through PostgreSQL's NOTIFY, and receives their notifications. It is only an accelerator: a missed
 * notification is found by the next poll of a worker. The session that receives them also holds the locks for the leases of this process,
 * so that a loss of these is noticed at once.
 *
 * Commits with a notification wait for each other in the database, and cannot be prepared for a two-phase commit. So a notification is never
 * part of another transaction: it is sent after the commit, in the background, and rarely in all processes together.
 */
internal class PostgresNotifications(
    private val prefix: String,
    private val sql: SqlTemplate,
    private val database: Database,
    locks: SessionLocks?,
) : AutoCloseable {
    private val log = System.getLogger("dev.reprise.queue")

    /** Null if nothing is received, because there is only one connection. */
    private val session =
        locks?.let {
            ListeningSession(checkNotNull(database.leases), it, "SELECT " + CHANNEL.replace("?", "'${prefix}call'")) { session, nonce ->
                session.update(sql(LeaseSweeper.PROVABLE), nonce)
            }
        }
    private val sending = BackgroundWork("notify")

    /** By this a process recognizes its own notifications. */
    private val own = UUID.randomUUID().toString()
    private val pending = ConcurrentHashMap.newKeySet<String>()
    private val isSending = AtomicBoolean()

    /** The handlers named [handlers] have work, which is committed. */
    fun offer(handlers: Collection<String>) {
        pending += handlers
        if (isSending.compareAndSet(false, true)) sending.launch { sendAll() }
    }

    private suspend fun sendAll() {
        while (true) {
            val handlers = pending.toList()
            if (handlers.isEmpty()) {
                isSending.set(false)
                if (pending.isEmpty() || !isSending.compareAndSet(false, true)) return
            } else {
                pending -= handlers.toSet()
                send(handlers)
            }
        }
    }

    /** Waits for the turn of this process, but not for long: the polls of the others have found the calls by then. */
    private suspend fun send(handlers: List<String>) {
        val payload = "$own ${hashes(handlers)}"
        repeat(TURNS_TO_WAIT) {
            try {
                if (database.single { query(sql(SEND), "${prefix}call", payload) {} }.isNotEmpty()) return
            } catch (e: SQLException) {
                log.log(System.Logger.Level.DEBUG, "other processes are not notified of calls; they poll for them", e)
                return
            }
            delay(APART_MILLIS.milliseconds)
        }
    }

    private fun hashes(handlers: List<String>) = if (handlers.size > MOST_HANDLERS) ALL else handlers.joinToString(",", transform = ::hash)

    /** Until it is cancelled, calls [onWork] for notifications of other processes. */
    suspend fun listen(onWork: (Predicate<String>) -> Unit): Nothing {
        val session = session ?: awaitCancellation()
        session.join()
        try {
            listen(session, onWork)
        } finally {
            withContext(NonCancellable) { tryTo { session.leave() } }
        }
    }

    private suspend fun listen(
        session: ListeningSession,
        onWork: (Predicate<String>) -> Unit,
    ): Nothing {
        var wait = LISTEN_AGAIN
        while (true) {
            tryTo {
                while (true) {
                    val turn = session.turn() ?: pooled()
                    wait = LISTEN_AGAIN
                    // Earlier notifications are not repeated.
                    if (turn.isNew) onWork { true }
                    received(turn.payloads.filterNot { it.startsWith(own) }, onWork)
                }
            }
            delay(wait)
            wait = minOf(wait * 2, LISTEN_AGAIN_AT_MOST)
        }
    }

    private suspend fun tryTo(listen: suspend () -> Unit) {
        try {
            listen()
        } catch (e: LinkageError) {
            log.log(System.Logger.Level.DEBUG, "this driver does not support LISTEN; polling for calls from other processes", e)
            awaitCancellation()
        } catch (e: Exception) {
            currentCoroutineContext().ensureActive()
            log.log(System.Logger.Level.DEBUG, "LISTEN connection lost; polling for calls from other processes until it is back", e)
        }
    }

    private suspend fun received(
        payloads: List<String>,
        onWork: (Predicate<String>) -> Unit,
    ) {
        if (payloads.isEmpty()) return
        val hashes = payloads.flatMapTo(HashSet()) { it.substringAfter(' ').split(',') }
        // Not all processes at the same moment.
        delay(Random.nextInt(JITTER_MILLIS).milliseconds)
        onWork { ALL in hashes || hash(it) in hashes }
    }

    /** Behind a pooler that changes sessions, notifications would pile up unread. */
    private suspend fun pooled(): Nothing {
        log.log(System.Logger.Level.INFO, "the connections go through a pooler, without LISTEN; polling for calls from other processes")
        awaitCancellation()
    }

    private fun hash(handler: String): String = Integer.toHexString(handler.hashCode())

    override fun close() {
        sending.close()
    }

    private companion object {
        const val APART_MILLIS = 50L

        /** A process that has waited for so many turns gives up. */
        const val TURNS_TO_WAIT = 20
        const val MOST_HANDLERS = 500
        const val ALL = "*"
        const val JITTER_MILLIS = 20

        /** Soon, because others find the locks of this process free. */
        val LISTEN_AGAIN = 50.milliseconds
        val LISTEN_AGAIN_AT_MOST = 5.seconds

        /** One channel for each set of tables: its name is that of the table of calls, with its schema. One value: that table. */
        const val CHANNEL = "(SELECT 'reprise_' || md5(c.relnamespace::text || c.relname) FROM pg_class c WHERE c.oid = to_regclass(?))"

        /** Sends a notification, if none was sent for a while by any process; the more workers there are, the longer that is. */
        const val SEND =
            "WITH turn AS (SELECT id FROM {p}news WHERE sent_at <= {now} - $APART_MILLIS * (1 + (SELECT count(*) FROM {p}lease) / 32) " +
                "FOR UPDATE SKIP LOCKED), " +
                "taken AS (UPDATE {p}news SET sent_at = {now} WHERE id IN (SELECT id FROM turn) RETURNING id) " +
                "SELECT pg_notify($CHANNEL, ?) FROM taken"
    }
}
