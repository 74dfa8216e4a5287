package dev.reprise.queue

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.withContext

/** The first attempt of a call that was stored as claimed by this worker, made in the caller's coroutine. */
internal class FirstAttempt(
    private val engine: QueueEngine,
) {
    /** Returns how it ended once that is written. A caller that is cancelled meanwhile leaves the call to the queue. */
    suspend fun make(claimed: ClaimedCall): Settlement {
        var settlement: Settlement? = null
        try {
            settlement = coroutineScope { engine.runner.run(claimed, this) }
        } finally {
            val ended = settlement ?: engine.verdicts.released(claimed.call)
            settlement = ended
            withContext(NonCancellable) { written(ended, claimed) }
        }
        return settlement
    }

    private suspend fun written(
        settlement: Settlement,
        claimed: ClaimedCall,
    ) {
        val done = CompletableDeferred<Unit>()
        engine.settle(settlement, claimed.now) { done.complete(Unit) }
        done.await()
    }
}
