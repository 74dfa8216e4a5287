package dev.reprise.internal.queue.worker

import dev.reprise.queue.spi.Claim
import dev.reprise.queue.spi.StoredCall

/**
 * Releases calls that the store has as claimed by this worker, but that are not known here: the response to their claim, or to their
 * enqueuing, was lost. No other worker takes them over while the lease is valid.
 */
internal class ClaimReconciler(
    private val worker: QueueWorker,
) {
    private val access = worker.access

    /** The unknown calls of the previous search. */
    private var suspected = emptySet<Claimant>()

    private data class Claimant(
        val cid: String,
        val claim: Claim?,
    )

    /** Releases the unknown calls of [lane], which makes no claim in the meantime; false if the store does not respond. */
    suspend fun release(lane: String): Boolean {
        val lost = lost() ?: return false
        val handlers = worker.settings.handlers
        lost.filter { handlers[it.handler]?.lane == lane }.forEach { release(it) }
        return true
    }

    /**
     * Releases calls that were unknown in the previous search too. A database can complete a claim long after its connection broke, and a
     * call that is unknown only once can just have been claimed.
     */
    suspend fun releaseOld() {
        val lost = lost() ?: return
        val (old, new) = lost.partition { it.claimant in suspected }
        old.forEach { release(it) }
        suspected = new.mapTo(HashSet()) { it.claimant }
    }

    /** Releases all calls, known here or not, at the end of a shutdown: some handlers never end. */
    suspend fun releaseAll() {
        val claims = claims()?.takeIf { it.isNotEmpty() } ?: return
        access.orNull { settle(claims.map { worker.settlements.released(it) }) }
    }

    private suspend fun lost(): List<StoredCall>? = claims()?.filter { !worker.inFlight.has(it) }

    private suspend fun claims(): List<StoredCall>? {
        val owner = worker.leases.nonce ?: return emptyList()
        return access.orNull { claimedBy(owner) }
    }

    private suspend fun release(call: StoredCall): Unit = worker.settle(worker.settlements.released(call), call.claim?.at ?: 0) {}

    private val StoredCall.claimant get() = Claimant(cid, claim)
}
