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
 * Enqueues calls, and has those begun at once that this worker has room for: they are stored as claimed by it, so that no claim has to
 * find them. It is done while the lane keeps up with what is due, so that nobody who has waited for long is overtaken.
 */
internal class DirectDispatch(
    private val engine: QueueWorker,
) {
    private val store = engine.queue.store
    private val enqueuing = MutableStateFlow(0)

    suspend fun enqueue(calls: List<NewCall>): List<EnqueueResult> {
        enqueuing.update { it + 1 }
        try {
            val owner = engine.leases.young
            return if (owner == null || engine.isStopping) store.enqueue(calls) else enqueue(calls.map { offered(it, owner) }, owner)
        } finally {
            enqueuing.update { it - 1 }
        }
    }

    /** Waits until nobody enqueues who could still bring a call. */
    suspend fun awaitIdle() {
        enqueuing.first { it == 0 }
    }

    /** What takes keys, or is due later, goes the usual way. */
    private fun offered(
        call: NewCall,
        owner: String,
    ): NewCall {
        if (call.delayMillis > 0 || call.uniqueKey != null || call.orderKey != null) return call
        val lane = engine.laneOfHandler(call.handler)?.takeIf { it.tryReserve(call.handler) } ?: return call
        engine.inHand.expect(call.cid)
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
                // They may have been stored all the same; then they are given back.
                calls.forEach { end(it) }
                engine.lostAnswer()
                throw e
            }
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
        engine.inHand.add(call.cid, claim)
        checkNotNull(engine.laneOfHandler(call.handler)).give(ClaimedCall(call, claim.at, localNow, store.clock))
    }

    private fun end(call: NewCall) {
        if (call.claimedBy == null) return
        engine.inHand.forget(call.cid)
        engine.laneOfHandler(call.handler)?.giveUp(call.handler)
    }
}
