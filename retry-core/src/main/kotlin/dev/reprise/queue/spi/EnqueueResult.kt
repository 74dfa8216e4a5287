package dev.reprise.queue.spi

/** How an enqueued call was taken. */
public data class EnqueueResult(
    /** The id of the call: that of an earlier one if the unique key was taken. */
    public val cid: String,
    /** False if the unique key was taken; nothing was written then. */
    public val isNew: Boolean,
    /**
     * The claim of a call that was asked for with `claimedBy`; null for others, where the call has to wait behind another,
     * where the lease is over or the lane is paused.
     */
    public val claim: Claim? = null,
) {
    /** True if somebody may have something to do now. */
    internal val givesWork: Boolean get() = isNew && claim == null
}
