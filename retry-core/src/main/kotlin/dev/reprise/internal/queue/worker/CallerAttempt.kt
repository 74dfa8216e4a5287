package dev.reprise.internal.queue.worker

import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.withContext

/** The first attempt of a call that was stored as claimed by this worker, in the coroutine of the caller. */
internal class CallerAttempt(
    private val worker: QueueWorker,
) {
    /**
     * Returns how it ended when that is written; null if that was not accepted. A caller that is cancelled leaves the call to the queue, which
     * also writes its end then.
     */
    suspend fun make(claimed: ClaimedCall): Settlement? {
        val written = CompletableDeferred<SettleResult?>()
        var settlement = worker.settlements.released(claimed.call)
        try {
            settlement = coroutineScope { worker.executor.run(claimed, this) }
        } finally {
            withContext(NonCancellable) { worker.settle(settlement, claimed.now) { written.complete(it) } }
        }
        return settlement.takeIf { written.await() == SettleResult.ACCEPTED }
    }
}
