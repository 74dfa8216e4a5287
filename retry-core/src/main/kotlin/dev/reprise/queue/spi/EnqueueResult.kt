package dev.reprise.queue.spi

/** The result of enqueuing a call. */
public class EnqueueResult internal constructor(
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

    private fun values() = listOf(cid, isNew, claim)

    override fun equals(other: Any?): Boolean = other is EnqueueResult && values() == other.values()

    override fun hashCode(): Int = values().hashCode()

    override fun toString(): String = "EnqueueResult(cid=$cid, isNew=$isNew, claim=$claim)"

    public companion object {
        /** For implementations of a store. */
        @JvmStatic
        public fun of(
            cid: String,
            isNew: Boolean,
            claim: Claim?,
        ): EnqueueResult = EnqueueResult(cid, isNew, claim)
    }
}
