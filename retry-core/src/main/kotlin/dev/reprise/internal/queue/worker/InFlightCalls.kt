package dev.reprise.internal.queue.worker

import dev.reprise.queue.spi.Claim
import dev.reprise.queue.spi.StoredCall
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import java.util.concurrent.ConcurrentHashMap

/** The calls of a worker: claimed, or being enqueued as claimed, and not settled so far. */
internal class InFlightCalls {
    private val claims = ConcurrentHashMap<String, Claim>()
    private val size = MutableStateFlow(0)

    /** How many there are. */
    val count: StateFlow<Int> get() = size

    /** The call [cid] is about to be enqueued as claimed by this worker. */
    fun expect(cid: String): Unit = add(cid, EXPECTED)

    /** The call [cid] is claimed by [claim]. */
    fun add(
        cid: String,
        claim: Claim,
    ) {
        if (claims.put(cid, claim) == null) size.update { it + 1 }
    }

    /** The call [cid] is no longer expected. */
    fun forget(cid: String): Unit = remove(cid, EXPECTED)

    /** The call [cid] is no longer in flight, unless it was claimed again. */
    fun remove(
        cid: String,
        claim: Claim?,
    ) {
        if (claim != null && claims.remove(cid, claim)) size.update { it - 1 }
    }

    /** True if [call] is known here. */
    fun has(call: StoredCall): Boolean = claims[call.cid].let { it === EXPECTED || (it != null && it == call.claim) }

    /** True if a call [cid] is known here. */
    fun has(cid: String): Boolean = claims.containsKey(cid)

    private companion object {
        /** A claim that is not known so far. */
        val EXPECTED = Claim("", 0, 0)
    }
}
