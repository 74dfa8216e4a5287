package dev.reprise.queue.spi

/** The progress of the policy of a call. A replay resets it. */
public data class PolicyProgress(
    /** When its first attempt was claimed, plus the snoozes since: the time limit of the policy counts from here. Null before it. */
    public val startedAt: Long? = null,
    /** The attempts before the last replay: the policy does not count them. */
    public val attemptsBefore: Int = 0,
    /** The state of the policy between two attempts; null if it has none. */
    public val policyState: String? = null,
)
