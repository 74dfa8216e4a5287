package dev.reprise.queue.spi

/** The result of enqueuing a call. */
public data class EnqueueResult(
    /** The id of the call: that of an earlier one if the unique key was taken. */
    public val cid: String,
    /** False if the unique key was taken; nothing was written then. */
    public val isNew: Boolean,
    /**
     * The claim of a call with `claimedBy`; null for other calls, and if the call waits behind another one, the lease is over or the lane is
     * paused.
     */
    public val claim: Claim? = null,
) {
    /** True if a worker can have something to do now. */
    internal val givesWork: Boolean get() = isNew && claim == null
}
