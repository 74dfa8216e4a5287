package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.queueLog
import dev.reprise.queue.spi.StoredCall
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlin.time.Duration.Companion.milliseconds

/**
 * Requeues the calls of workers that died, and those that this worker has lost, and purges old calls. Every worker does it for all: the
 * first one settles, and the guard of the settlement rejects the others.
 */
internal class Rescuer(
    private val worker: QueueWorker,
) {
    private val access = worker.access
    private val clock = worker.store.clock
    private var purgedAt = clock.millis()

    /** Where only this process has workers, none of them dies alone. */
    private val every = if (worker.store.isShared) EVERY_MILLIS else PURGE_EVERY_MILLIS

    suspend fun run(): Nothing {
        while (true) {
            if (mayJudgeOthers()) access.orNull { rescue() }
            if (clock.millis() - purgedAt >= PURGE_EVERY_MILLIS) purge()
            delay(every.milliseconds)
        }
    }

    /** An outage that kept this worker from renewing kept the others from it too: they get the time of one lease to come back. */
    private fun mayJudgeOthers(): Boolean =
        access.outage == null && access.backSince?.let { clock.millis() - it < LeaseTimes.VALID } != true

    /** Page by page, and call by call: one that cannot be settled does not stop the others. */
    private suspend fun rescue() {
        var after: String? = null
        while (true) {
            val orphans = access.once { orphans(after, PAGE) }
            for (call in orphans.calls) bringBack(call, orphans.now)
            if (orphans.calls.size < PAGE) return
            after = orphans.calls.last().cid
        }
    }

    private suspend fun bringBack(
        call: StoredCall,
        now: Long,
    ) {
        try {
            worker.settle(worker.settlements.crashed(call, now), now) {}
        } catch (e: Exception) {
            currentCoroutineContext().ensureActive()
            queueLog.log(System.Logger.Level.ERROR, "call=${call.cid} handler=${call.handler} cannot be requeued after the death of its worker", e)
        }
    }

    private suspend fun purge() {
        purgedAt = clock.millis()
        worker.reconciler.releaseOld()
        val retain = worker.settings.retention.inWholeMilliseconds
        do {
            val removed = access.orNull { purge(retain, PAGE) } ?: return
        } while (removed == PAGE)
    }

    private companion object {
        const val EVERY_MILLIS = 5_000L
        const val PURGE_EVERY_MILLIS = 60_000L
        const val PAGE = 100
    }
}
