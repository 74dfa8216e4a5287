package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.Callbacks
import dev.reprise.internal.queue.QueueSettings
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.spi.CallStore

/** Cancels calls: in the store, or in the worker of this process. */
internal class CallCancellation(
    private val settings: QueueSettings,
    private val store: CallStore,
    private val lifecycle: QueueLifecycle,
) {
    suspend fun cancel(cid: String): CancelResult {
        val call = store.find(cid) ?: return CancelResult.UNKNOWN
        if (call.state.isEnd) return CancelResult.ENDED
        val ended = call.copy(state = CallState.CANCELLED, endedAt = store.status(cid)?.now ?: call.enqueuedAt)
        val callbacks = if (call.request.callbacks.isEmpty()) emptyList() else Callbacks.of(ended, store.errors(cid), settings.policy)
        val result = store.cancel(cid, callbacks)
        if (result == CancelResult.REQUESTED) lifecycle.worker?.cancelRequested(cid)
        if (result == CancelResult.CANCELLED) lifecycle.endings.notifyEnded(cid)
        return result
    }
}
