package dev.reprise.internal.queue.worker

import dev.reprise.queue.spi.CallStore
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.delay
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/**
 * Purges calls whose retention is over, one worker for all, and releases the calls that this worker has lost. Nothing urgent waits for it.
 */
internal class Cleaner(
    private val worker: QueueWorker,
) {
    suspend fun run(): Nothing {
        while (true) {
            delay(EVERY)
            worker.reconciler.releaseOld()
            worker.writePulses()
            worker.leases.nonce?.let { worker.describe(it) }
            worker.settings.chores.forEach { done(it) }
            if (worker.access.orNull { takeTurn(DUTY, EVERY.inWholeMilliseconds / 2) } == true) purge()
        }
    }

    private suspend fun done(chore: suspend (CallStore) -> Unit) {
        try {
            chore(worker.store)
        } catch (e: CancellationException) {
            throw e
        } catch (e: Exception) {
            log.log(System.Logger.Level.DEBUG, "a chore of the queue failed; the next attempt follows", e)
        }
    }

    private suspend fun purge() {
        do {
            val removed = worker.access.orNull { purge(PAGE) } ?: return
        } while (removed == PAGE)
    }

    private companion object {
        val log: System.Logger = System.getLogger("dev.reprise.queue")
        const val DUTY = "purge"
        val EVERY = 1.minutes
        const val PAGE = 1000
    }
}

/** Prepares calls for claims before they are due, one worker for all. */
internal class Promoter(
    private val access: StoreAccess,
) {
    suspend fun run(): Nothing {
        while (true) {
            val isTurn = access.orNull { takeTurn(DUTY, EVERY.inWholeMilliseconds / 2) } == true
            if (isTurn) promote()
            // The worker that had the turn has it again; if that one dies, there is time for another.
            delay(if (isTurn) EVERY else EVERY * 2)
        }
    }

    private suspend fun promote() {
        do {
            val promoted = access.orNull { promote(PAGE) } ?: return
        } while (promoted == PAGE)
    }

    private companion object {
        const val DUTY = "promote"
        val EVERY = 10.seconds
        const val PAGE = 5000
    }
}
