package dev.reprise.internal.jdbc

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.async
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import java.sql.SQLTimeoutException
import java.util.concurrent.atomic.AtomicReference
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration

/** The moment when blocking work starts to have effects, unless it is given up before. */
internal class StartGate {
    private enum class State { WAITING, STARTED, GIVEN_UP }

    private val state = AtomicReference(State.WAITING)

    /** Called by the work when it has its connection. @throws SQLTimeoutException if the work was given up. */
    fun start() {
        if (!state.compareAndSet(State.WAITING, State.STARTED)) throw SQLTimeoutException("the connection came too late")
    }

    /** True if the work had not started, and now never will. */
    fun giveUp(): Boolean = state.compareAndSet(State.WAITING, State.GIVEN_UP)
}

/**
 * Runs blocking [work] on [dispatcher], and waits at most [limit] for its start: a pool can be exhausted, a connect can hang. Work that has
 * started is awaited, even if the caller is cancelled, so that it has no effect after this returns.
 */
internal suspend fun <T> blocking(
    dispatcher: CoroutineDispatcher,
    limit: Duration,
    work: (StartGate) -> T,
): T =
    // Not on the dispatcher of the caller: its time can be virtual, and that of a database is not. Only the work needs a thread.
    withContext(Dispatchers.Unconfined) {
        val start = StartGate()
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
        }
    }
