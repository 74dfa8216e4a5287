package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.BackgroundWork
import dev.reprise.internal.jdbc.Database
import dev.reprise.internal.jdbc.ListeningSession
import dev.reprise.internal.jdbc.SessionLocks
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import java.sql.SQLException
import java.util.UUID
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicBoolean
import java.util.function.Predicate
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

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
    private val pace: NoticePace,
) : AutoCloseable {
    private val log = System.getLogger("dev.reprise.queue")

    /** Null if nothing is received, because there is only one connection. */
    private val session =
        locks?.let { ListeningSession(checkNotNull(database.leases), it, listening()) }
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

    private fun listening() =
        ListeningSession.Settings(
            channelQuery = "SELECT " + CHANNEL.replace("?", "'${prefix}call'"),
            without = "polling for calls from other processes",
            log = log,
        ) { session, nonce -> session.update(sql(LeaseSweeper.PROVABLE), nonce) }

    /** Until it is cancelled, calls [onWork] for notifications of other processes. */
    suspend fun listen(onWork: (Predicate<String>) -> Unit): Nothing =
        coroutineScope {
            val session = session ?: awaitCancellation()
            val received = Channel<Set<String>>(Channel.UNLIMITED)
            launch { deliver(received, onWork) }
            session.listen { turn ->
                // Earlier notifications are not repeated.
                if (turn.isNew) onWork { true }
                val payloads = turn.payloads.filterNot { it.startsWith(own) }
                if (payloads.isNotEmpty()) received.send(payloads.flatMapTo(HashSet()) { it.substringAfter(' ').split(',') })
            }
        }

    private suspend fun deliver(
        received: Channel<Set<String>>,
        onWork: (Predicate<String>) -> Unit,
    ) {
        for (first in received) {
            delay(pace.pause())
            val hashes = first.toMutableSet()
            while (true) hashes += received.tryReceive().getOrNull() ?: break
            pace.delivered()
            onWork { ALL in hashes || hash(it) in hashes }
        }
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

/**
 * How soon a process looks for what it is notified of: not all processes at the same moment, and the later the more often others were faster. So
 * a hundred idle workers do not look a hundred times for one call.
 */
internal class NoticePace {
    private var misses = 0
    private var isNotified = false

    /** How long the next notification waits. */
    @Synchronized
    fun pause(): Duration {
        val longest = minOf(SHORTEST_MILLIS shl minOf(misses, DOUBLINGS), LONGEST_MILLIS)
        return Random.nextLong(if (misses == 0) 0 else longest / 2, longest).milliseconds
    }

    /** The workers are notified. */
    @Synchronized
    fun delivered() {
        isNotified = true
    }

    /** A worker has looked, and [found] something or not. */
    @Synchronized
    fun looked(found: Boolean) {
        if (found) {
            misses = 0
        } else if (isNotified) {
            misses++
        }
        isNotified = false
    }

    private companion object {
        const val SHORTEST_MILLIS = 20L
        const val DOUBLINGS = 6

        /** By then a poll has found it. */
        const val LONGEST_MILLIS = 1000L
    }
}
