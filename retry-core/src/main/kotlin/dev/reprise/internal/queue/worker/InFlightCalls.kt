package dev.reprise.internal.queue.worker

import dev.reprise.queue.spi.Claim
import dev.reprise.queue.spi.StoredCall
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import java.util.concurrent.ConcurrentHashMap

/** The calls that a worker has: claimed, or being enqueued as claimed, and not settled yet. */
internal class InFlightCalls {
    private val claims = ConcurrentHashMap<String, Claim>()
    private val size = MutableStateFlow(0)

    /** How many there are. */
    val count: StateFlow<Int> get() = size

    /** The call [cid] is about to be enqueued as this worker's. */
    fun expect(cid: String): Unit = add(cid, EXPECTED)

    /** The call [cid] is this worker's by [claim]. */
    fun add(
        cid: String,
        claim: Claim,
    ) {
        if (claims.put(cid, claim) == null) size.update { it + 1 }
    }

    /** The call [cid] is not to be expected any more. */
    fun forget(cid: String): Unit = remove(cid, EXPECTED)

    /** The call [cid] is not in hand any more, unless it was claimed again. */
    fun remove(
        cid: String,
        claim: Claim?,
    ) {
        if (claim != null && claims.remove(cid, claim)) size.update { it - 1 }
    }

    /** True if it is known here what becomes of [call]. */
    fun has(call: StoredCall): Boolean = claims[call.cid].let { it === EXPECTED || (it != null && it == call.claim) }

    private companion object {
        /** Stands for a claim that is not known yet. */
        val EXPECTED = Claim("", 0, 0)
    }
}
