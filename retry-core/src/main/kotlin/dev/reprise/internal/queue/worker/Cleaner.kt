package dev.reprise.internal.queue.worker

import kotlinx.coroutines.delay
import kotlin.time.Duration.Companion.minutes

/** Purges calls whose retention is over, and releases the calls that this worker has lost. Nothing urgent waits for it. */
internal class Cleaner(
    private val worker: QueueWorker,
) {
    suspend fun run(): Nothing {
        while (true) {
            delay(EVERY)
            worker.reconciler.releaseOld()
            worker.writePulses()
            purge()
        }
    }

    private suspend fun purge() {
        do {
            val removed = worker.access.orNull { purge(PAGE) } ?: return
        } while (removed == PAGE)
    }

    private companion object {
        val EVERY = 1.minutes
        const val PAGE = 1000
    }
}
