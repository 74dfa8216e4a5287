package dev.reprise.queue.spi

/** Where the policy of a call stands. Every replay begins it anew. */
public data class PolicyProgress(
    /** The claim for its first attempt, and later by the snoozes since: the time limit of the policy counts from here. Null before it. */
    public val startedAt: Long? = null,
    /** The attempts of earlier runs: the policy does not count them. */
    public val attemptsBefore: Int = 0,
    /** What the policy has to remember between two attempts; null if nothing. */
    public val memory: String? = null,
)
