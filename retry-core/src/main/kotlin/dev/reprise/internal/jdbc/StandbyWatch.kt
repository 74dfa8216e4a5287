package dev.reprise.internal.jdbc

import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.isActive
import kotlin.time.Duration.Companion.seconds

/** Finds out whether a write is slow because the server waits for its standby. Nothing is sent while writes are fast. */
internal class StandbyWatch(
    private val database: Database,
) : AutoCloseable {
    /** The time of a caller can be virtual, and that of a server is not. A query that hangs must not keep the caller, nor a connection. */
    private val probing = BackgroundWork("standby")

    /** For an operator, while writes wait for it; null otherwise. */
    @Volatile
    var warning: String? = null
        private set

    /** Does [write], which has to wait for the standby, if there is one. */
    suspend fun <T> watch(write: suspend () -> T): T {
        // Without a connection of its own, the lease has the only one that could find out.
        val watching = if (database.hasLeaseSession) probing.launch { probe() } else null
        try {
            return write().also { warning = null }
        } catch (e: UnconfirmedCommitException) {
            warning = WAITING
            throw e
        } finally {
            watching?.cancel()
        }
    }

    private suspend fun CoroutineScope.probe() {
        delay(SLOW)
        if (isWaiting() && isActive) warning = WAITING
    }

    /** On another connection than the write, so that it is answered; a server that does not respond at all has another problem. */
    private suspend fun isWaiting(): Boolean =
        try {
            database.single { first(WAITS) { true } } == true
        } catch (_: Exception) {
            // A pool can throw anything, and a canceled query is not missed.
            false
        }

    override fun close(): Unit = probing.close()

    private companion object {
        val SLOW = 1.seconds
        const val WAITING = "waiting for the standby: the server confirms no write until a standby of synchronous_standby_names is back"
        const val WAITS =
            "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query_start < clock_timestamp() - interval '500 milliseconds' LIMIT 1"
    }
}
