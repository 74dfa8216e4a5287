package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.events.Takeover
import dev.reprise.internal.queue.queueLog
import dev.reprise.queue.spi.StoredCall
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

/**
 * Requeues the calls of workers that died. Every worker does it for all: the first one settles, and the guard of the settlement rejects the
 * others.
 */
internal class Rescuer(
    private val worker: QueueWorker,
) {
    private val access = worker.access
    private val clock = worker.store.clock
    private val times = worker.settings.leaseTimes
    private var searchedAt = clock.millis()
    private var judgesFrom = Long.MIN_VALUE

    /** Where only this process has workers, none of them dies alone. */
    private val every = if (worker.store.isShared) times.renew.milliseconds else 1.minutes

    suspend fun run(): Nothing {
        while (true) {
            val isDone = access.orNull { rescue() } != null
            delay(if (isDone) every else minOf(every, AGAIN))
        }
    }

    /** Page by page, and call by call: one that cannot be settled does not stop the others. */
    private suspend fun rescue() {
        val takeovers = HashMap<String, Takeover>()
        var after: String? = null
        try {
            while (true) {
                val orphans = access.once { orphans(after, PAGE) }
                if (!mayJudge()) return
                for (call in orphans.calls) requeue(call, orphans.now, takeovers.getOrPut(call.owner) { takeoverOf(call) })
                if (orphans.calls.size < PAGE) return
                after = orphans.calls.last().cid
            }
        } finally {
            takeovers.values.forEach { it.searched() }
        }
    }

    private val StoredCall.owner get() = checkNotNull(claim).owner

    private suspend fun takeoverOf(call: StoredCall): Takeover {
        val status = access.orNull { listOfNotNull(status(call.cid)) }
        return Takeover(call.owner, status?.firstOrNull())
    }

    /**
     * False for the time of one lease after an outage in which this worker could neither renew nor search: it kept the other workers from
     * renewing too. Failures of other operations do not count.
     */
    private fun mayJudge(): Boolean {
        val now = clock.millis()
        val reachedAt = maxOf(searchedAt, worker.leases.renewedAt ?: Long.MIN_VALUE)
        searchedAt = now
        if (worker.store.isShared && now - reachedAt >= times.giveUp - times.renew) judgesFrom = now + times.valid
        return now >= judgesFrom
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
        val AGAIN = 1_000.milliseconds
        const val PAGE = 100
    }
}
