package dev.reprise.queue.spi

/** The progress of the policy of a call. A replay resets it. */
public class PolicyProgress internal constructor(
    /** When its first attempt was claimed, plus the snoozes since: the time limit of the policy counts from here. Null before it. */
    public val startedAt: Long? = null,
    /** The attempts before the last replay: the policy does not count them. */
    public val attemptsBefore: Int = 0,
    /** The state of the policy between two attempts; null if it has none. */
    public val policyState: String? = null,
) {
    internal fun copy(
        startedAt: Long? = this.startedAt,
        attemptsBefore: Int = this.attemptsBefore,
        policyState: String? = this.policyState,
    ): PolicyProgress = PolicyProgress(startedAt, attemptsBefore, policyState)

    private fun values() = listOf(startedAt, attemptsBefore, policyState)

    override fun equals(other: Any?): Boolean = other is PolicyProgress && values() == other.values()

    override fun hashCode(): Int = values().hashCode()

    override fun toString(): String = "PolicyProgress(startedAt=$startedAt, attemptsBefore=$attemptsBefore, policyState=$policyState)"

    public companion object {
        /** For implementations of a store. */
        @JvmStatic
        public fun of(
            startedAt: Long?,
            attemptsBefore: Int,
            policyState: String?,
        ): PolicyProgress = PolicyProgress(startedAt, attemptsBefore, policyState)
    }
}
