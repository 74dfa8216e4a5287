package dev.reprise.internal.jdbc

import dev.reprise.internal.util.Abandonment
import dev.reprise.internal.util.DaemonThreads
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.async
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import org.postgresql.PGConnection
import java.sql.Connection
import java.sql.SQLException
import java.sql.SQLTimeoutException
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration

/** The moment when blocking work starts to have effects, unless it is given up before; and the connection that it then uses. */
internal class StartGate {
    private enum class State { WAITING, STARTED, GIVEN_UP, ENDED }

    private var state = State.WAITING
    private var connection: Connection? = null

    /**
     * Called by the work when it has its connection, [abortable] if that can be closed under it.
     *
     * @throws SQLTimeoutException if the work was given up.
     */
    @Synchronized
    fun start(abortable: Connection? = null) {
        if (state != State.WAITING) throw SQLTimeoutException("the connection came too late")
        state = State.STARTED
        connection = abortable
    }

    /** Called by the work before it returns its connection. */
    @Synchronized
    fun end() {
        state = State.ENDED
        connection = null
    }

    /** True if the work had not started, and now never will. */
    @Synchronized
    fun giveUp(): Boolean = (state == State.WAITING).also { if (it) state = State.GIVEN_UP }

    /** The work fails: it does not start, or is ended in the background if it has a connection. */
    fun abort() {
        if (giveUp()) return
        val started = synchronized(this) { connection } ?: return
        aborting.newThread { abort(started) }.start()
    }

    /** The statement is cancelled, so that the server does not continue with it; a server that does not respond is not awaited. */
    private fun abort(started: Connection) {
        aborting.newThread { cancel(started) }.apply { start() }.join(CANCEL_MILLIS)
        synchronized(this) {
            try {
                connection?.abort(Runnable::run)
            } catch (_: SQLException) {
                // It is closed already.
            }
        }
    }

    private fun cancel(started: Connection) {
        try {
            started.unwrap(PGConnection::class.java).cancelQuery()
        } catch (_: SQLException) {
            // The connection is closed nevertheless.
        } catch (_: LinkageError) {
            // It is not the driver of PostgreSQL.
        }
    }

    private companion object {
        const val CANCEL_MILLIS = 300L
        val aborting = DaemonThreads("reprise-abort")
    }
}

/**
 * Runs blocking [work] on [dispatcher], and waits at most [limit] for its start: a pool can be exhausted, a connect can hang. Work that has
 * started is awaited, even if the caller is cancelled, so that it has no effect after this returns; an [Abandonment] of the caller aborts it.
 */
internal suspend fun <T> blocking(
    dispatcher: CoroutineDispatcher,
    limit: Duration,
    work: (StartGate) -> T,
): T {
    val start = StartGate()
    val aborting = currentCoroutineContext()[Abandonment]?.onAbandoned(start::abort)
    // Not on the dispatcher of the caller: its time can be virtual, and that of a database is not. Only the work needs a thread.
    return withContext(Dispatchers.Unconfined) {
        // Not a child: a connection that never comes must not keep the caller here.
        val working = CoroutineScope(dispatcher).async { work(start) }
        try {
            if (withTimeoutOrNull(limit) { working.join() } == null && start.giveUp()) {
                throw SQLTimeoutException("no connection within $limit")
            }
            working.await()
        } catch (e: CancellationException) {
            if (!start.giveUp()) withContext(NonCancellable) { working.join() }
            throw e
        } finally {
            aborting?.dispose()
        }
    }
}
