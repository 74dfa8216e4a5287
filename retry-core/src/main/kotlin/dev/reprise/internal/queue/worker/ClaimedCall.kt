package dev.reprise.internal.queue.worker

import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.StoredCall

/** A call that this worker has claimed, and the clock of the store since then. */
internal class ClaimedCall(
    val call: StoredCall,
    private val storeNow: Long,
    /** When it was claimed, on the clock of this process. */
    val claimedAt: Long,
    private val clock: CallClock,
) {
    /** Now on the clock of the store, computed from the claim. */
    val now: Long get() = storeNow + (clock.millis() - claimedAt)
}
