package dev.reprise.internal.queue.worker

import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.accepted
import dev.reprise.queue.spi.takenBy
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.update

/**
 * Enqueues calls, and starts those immediately that this worker has room for: they are stored as claimed by it, so that no claim has to
 * find them. It does so while the lane keeps up with its due calls, so that none of them is overtaken by much.
 */
internal class DirectDispatch(
    private val worker: QueueWorker,
) {
    private val store = worker.store
    private val enqueuing = MutableStateFlow(0)

    suspend fun enqueue(calls: List<NewCall>): List<EnqueueResult> {
        enqueuing.update { it + 1 }
        try {
            val owner = worker.leases.young
            return if (owner == null || worker.isStopping) {
                worker.events.enqueued(calls, store.enqueue(calls))
            } else {
                enqueue(calls.map { offered(it, owner) }, owner)
            }
        } finally {
            enqueuing.update { it - 1 }
        }
    }

    /** Waits until no caller is enqueuing. */
    suspend fun awaitIdle() {
        enqueuing.first { it == 0 }
    }

    /** Calls with keys, or that are due later, are not dispatched. */
    private fun offered(
        call: NewCall,
        owner: String,
    ): NewCall {
        if (call.delayMillis > 0 || call.uniqueKey != null || call.orderKey != null) return call
        val lane = worker.laneOfHandler(call.handler)?.takeIf { it.tryReserve(call.handler) } ?: return call
        worker.inFlight.expect(call.cid)
        return call.copy(claimedBy = owner, claimedIn = lane.name)
    }

    private suspend fun enqueue(
        calls: List<NewCall>,
        owner: String,
    ): List<EnqueueResult> {
        val localNow = store.clock.millis()
        val accepted =
            try {
                store.enqueue(calls)
            } catch (e: Throwable) {
                // They can have been stored nevertheless; then they are released.
                calls.forEach { end(it) }
                worker.responseLost()
                throw e
            }
        worker.events.enqueued(calls, accepted)
        calls.zip(accepted) { call, answer ->
            val claim = answer.claim
            if (claim == null) end(call) else begin(call.accepted(claim.at, 0, isHead = true).takenBy(owner, claim.at), localNow)
        }
        return accepted
    }

    private fun begin(
        call: StoredCall,
        localNow: Long,
    ) {
        val claim = checkNotNull(call.claim)
        worker.inFlight.add(call.cid, claim)
        worker.events.claimed(call)
        checkNotNull(worker.laneOfHandler(call.handler)).dispatch(ClaimedCall(call, claim.at, localNow, store.clock))
    }

    private fun end(call: NewCall) {
        if (call.claimedBy == null) return
        worker.inFlight.forget(call.cid)
        worker.laneOfHandler(call.handler)?.cancelReservation(call.handler)
    }
}
