package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.QueueSettings
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.spi.CallStore

/** Cancels calls: in the store, or in the worker of this process. */
internal class CallCancellation(
    private val settings: QueueSettings,
    private val store: CallStore,
    private val lifecycle: QueueLifecycle,
) {
    suspend fun cancel(cid: String): CancelResult {
        val result = store.cancel(cid, settings.endRules)
        if (result == CancelResult.REQUESTED) lifecycle.worker?.cancelRequested(cid)
        if (result == CancelResult.CANCELLED) lifecycle.endings.notifyEnded(cid)
        return result
    }
}
