package dev.reprise.internal.queue.worker

import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.withContext

/** The first attempt of a call that was stored as claimed by this worker, made in the caller's coroutine. */
internal class CallerAttempt(
    private val engine: QueueWorker,
) {
    /**
     * Returns how it ended once that is written; null if that was not accepted. A caller that is cancelled meanwhile leaves the call to the
     * queue.
     */
    suspend fun make(claimed: ClaimedCall): Settlement? {
        var settlement = engine.verdicts.released(claimed.call)
        var result: SettleResult? = null
        try {
            settlement = coroutineScope { engine.runner.run(claimed, this) }
        } finally {
            result = withContext(NonCancellable) { written(settlement, claimed) }
        }
        return settlement.takeIf { result == SettleResult.ACCEPTED }
    }

    private suspend fun written(
        settlement: Settlement,
        claimed: ClaimedCall,
    ): SettleResult? {
        val done = CompletableDeferred<SettleResult?>()
        engine.settle(settlement, claimed.now) { done.complete(it) }
        return done.await()
    }
}
