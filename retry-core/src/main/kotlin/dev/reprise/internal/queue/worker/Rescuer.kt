package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.queueLog
import dev.reprise.queue.spi.StoredCall
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlin.time.Duration.Companion.milliseconds

/**
 * Brings back the calls of workers that died, and those that this worker has lost, and clears away what is over. Every worker does it
 * for all: whoever comes first settles, and the guard of the settlement refuses the others.
 */
internal class Rescuer(
    private val engine: QueueWorker,
) {
    private val access = engine.access
    private val clock = engine.queue.store.clock
    private var tidiedAt = clock.millis()

    /** Where only this process has workers, none of them dies alone. */
    private val every = if (engine.queue.store.isShared) EVERY_MILLIS else TIDY_EVERY_MILLIS

    suspend fun run(): Nothing {
        while (true) {
            if (mayJudgeOthers()) access.orNull { rescue() }
            if (clock.millis() - tidiedAt >= TIDY_EVERY_MILLIS) tidy()
            delay(every.milliseconds)
        }
    }

    /** An outage that kept this worker from renewing kept others from it too: they get the time of one lease to come back. */
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
            engine.settle(engine.verdicts.crashed(call, now), now) {}
        } catch (e: Exception) {
            currentCoroutineContext().ensureActive()
            queueLog.log(System.Logger.Level.ERROR, "call ${call.cid}, whose worker died, cannot be brought back", e)
        }
    }

    private suspend fun tidy() {
        tidiedAt = clock.millis()
        engine.lost.giveBackOld()
        val retain = engine.queue.options.retention.inWholeMilliseconds
        do {
            val removed = access.orNull { tidy(retain, PAGE) } ?: return
        } while (removed == PAGE)
    }

    private companion object {
        const val EVERY_MILLIS = 5_000L
        const val TIDY_EVERY_MILLIS = 60_000L
        const val PAGE = 100
    }
}
