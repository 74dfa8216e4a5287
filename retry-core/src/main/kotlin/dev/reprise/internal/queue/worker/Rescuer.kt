package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.events.Takeover
import dev.reprise.internal.queue.queueLog
import dev.reprise.queue.spi.LeaseSweep
import dev.reprise.queue.spi.StoredCall
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds

/**
 * Judges the leases of workers that died, and requeues their calls. One of all workers does it at a time; if two do, the first one settles,
 * and the guard of the settlement rejects the other.
 */
internal class Rescuer(
    private val worker: QueueWorker,
) {
    private val access = worker.access
    private val clock = worker.store.clock
    private val times = worker.settings.leaseTimes
    private val isShared = worker.store.isShared
    private val name = worker.settings.run { if (isNamed) workerName else null }

    /** A process that has just started cannot know whether the others could renew before: it waits for one lease. */
    private var judgesFrom = if (isShared) clock.millis() + times.valid else Long.MIN_VALUE

    /** Where only this process has workers, none of them dies alone. */
    private val everyMillis = if (isShared) times.renew else ALONE_MILLIS

    private val outageMillis = if (isShared) times.giveUp else Long.MAX_VALUE

    suspend fun run(): Nothing {
        while (true) {
            val wait = access.orNull { sweep() } ?: minOf(everyMillis, AGAIN_MILLIS)
            delay((wait + if (isShared) Random.nextLong(JITTER_MILLIS) else 0).milliseconds)
        }
    }

    /** Returns after how many milliseconds there can be more to do. */
    private suspend fun sweep(): Long {
        val askedAt = clock.millis()
        val expected = if (askedAt >= judgesFrom) worker.storeClock.expected() else null
        val request = LeaseSweep(expected, times.tolerance, times.margin, everyMillis, outageMillis, times.valid, name)
        val judgement = access.once { sweep(request) }
        if (worker.storeClock.read(judgement.now, askedAt)) judgesFrom = clock.millis() + times.valid
        if (judgement.takesOver) takeOver()
        return if (expected == null) minOf(judgement.nextMillis, maxOf(judgesFrom - clock.millis(), SOON_MILLIS)) else judgement.nextMillis
    }

    /** Page by page, and call by call: one that cannot be settled does not stop the others. */
    private suspend fun takeOver() {
        val takeovers = HashMap<String, Takeover>()
        var after: String? = null
        try {
            do {
                val orphans = access.once { orphans(after, PAGE) }
                for (call in orphans.calls) requeue(call, orphans.now, takeovers.getOrPut(call.owner) { takeoverOf(call) })
                after = orphans.calls.lastOrNull()?.cid
            } while (orphans.calls.size == PAGE)
        } finally {
            takeovers.values.forEach { it.searched() }
        }
    }

    private val StoredCall.owner get() = checkNotNull(claim).owner

    private suspend fun takeoverOf(call: StoredCall): Takeover {
        val status = access.orNull { listOfNotNull(status(call.cid)) }
        return Takeover(call.owner, status?.firstOrNull())
    }

    private suspend fun requeue(
        call: StoredCall,
        now: Long,
        takeover: Takeover,
    ) {
        takeover.settling()
        try {
            worker.settle(worker.settlements.crashed(call, now, takeover.name), now, takeover.label, takeover::written)
        } catch (e: Exception) {
            takeover.written(null)
            currentCoroutineContext().ensureActive()
            queueLog.log(
                System.Logger.Level.ERROR,
                "call=${call.cid} handler=${call.handler} cannot be requeued after the death of its worker",
                e,
            )
        }
    }

    private companion object {
        const val AGAIN_MILLIS = 1_000L
        const val SOON_MILLIS = 250L
        const val ALONE_MILLIS = 60_000L
        const val PAGE = 100

        /** Not all workers at the same moment: only one of them has something to do. */
        const val JITTER_MILLIS = 250L
    }
}
