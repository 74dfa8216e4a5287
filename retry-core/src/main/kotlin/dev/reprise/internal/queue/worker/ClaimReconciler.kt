package dev.reprise.internal.queue.worker

import dev.reprise.queue.spi.Claim
import dev.reprise.queue.spi.StoredCall

/**
 * Gives back calls that are this worker's by the account of the store, and that nobody here knows of: the answer to a claim, or to who
 * enqueued them, was lost. They would wait for this worker for ever, and nobody else takes them while its lease is valid.
 */
internal class ClaimReconciler(
    private val engine: QueueWorker,
) {
    private val access = engine.access

    /** What was lost when all lanes were looked through last. */
    private var suspected = emptySet<Claimant>()

    private data class Claimant(
        val cid: String,
        val claim: Claim?,
    )

    /** Gives back what [lane] has lost, while it makes no claim; false if the store does not answer. */
    suspend fun giveBack(lane: String): Boolean {
        val lost = lost() ?: return false
        val handlers = engine.queue.options.handlers
        lost.filter { handlers[it.handler]?.lane == lane }.forEach { release(it) }
        return true
    }

    /**
     * Gives back what was lost the last time already. A database may do what it was asked for long after the connection broke, when a lane
     * has looked in vain; and what is not lost twice may just be on its way.
     */
    suspend fun giveBackOld() {
        val lost = lost() ?: return
        val (old, new) = lost.partition { it.claimant in suspected }
        old.forEach { release(it) }
        suspected = new.mapTo(HashSet()) { it.claimant }
    }

    /** Gives back everything, known here or not, when nobody ends it any more: there are handlers that do not end. */
    suspend fun giveBackAll() {
        val claims = claims()?.takeIf { it.isNotEmpty() } ?: return
        access.orNull { settle(claims.map { engine.verdicts.released(it) }) }
    }

    private suspend fun lost(): List<StoredCall>? = claims()?.filter { !engine.inHand.has(it) }

    private suspend fun claims(): List<StoredCall>? {
        val owner = engine.leases.nonce ?: return emptyList()
        return access.orNull { claimsOf(owner) }
    }

    private suspend fun release(call: StoredCall): Unit = engine.settle(engine.verdicts.released(call), call.claim?.at ?: 0) {}

    private val StoredCall.claimant get() = Claimant(cid, claim)
}
