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

/** The moment at which blocking work begins to have effects: it comes, or the work is given up before it. */
internal class StartGate {
    private enum class State { WAITING, BEGUN, GIVEN_UP }

    private val state = AtomicReference(State.WAITING)

    /** Called by the work when it has its connection. @throws SQLTimeoutException if nobody waits for it any more. */
    fun begin() {
        if (!state.compareAndSet(State.WAITING, State.BEGUN)) throw SQLTimeoutException("the connection came too late")
    }

    /** True if the work had not begun, and now never will. */
    fun giveUp(): Boolean = state.compareAndSet(State.WAITING, State.GIVEN_UP)
}

/**
 * Runs blocking [work] on [dispatcher], and waits no longer than [limit] for it to begin: a pool may be exhausted, a connect may hang.
 * Work that has begun is waited for, also by a caller who is cancelled, so that nothing happens behind his back.
 */
internal suspend fun <T> blocking(
    dispatcher: CoroutineDispatcher,
    limit: Duration,
    work: (StartGate) -> T,
): T =
    // Not on the dispatcher of the caller: its time may be virtual, and that of a database is not. Nobody but the work needs a thread.
    withContext(Dispatchers.Unconfined) {
        val start = StartGate()
        // No child: a connection that never comes must not keep the caller here for ever.
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
