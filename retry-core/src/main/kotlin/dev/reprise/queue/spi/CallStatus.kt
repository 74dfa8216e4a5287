package dev.reprise.queue.spi

/** What bears on whether a call runs. */
public class CallStatus(
    /** The call. */
    public val call: StoredCall,
    /** Now, on the clock of the store. */
    public val now: Long,
    /** The call at the head of its order; null if it has no order, or is the head. */
    public val head: String?,
    /** True if that head is dead, and blocks. */
    public val headIsDead: Boolean,
    /** The worker that has it, for people to read; null if it is not running. */
    public val worker: String?,
    /** For how long the lease of that worker is valid yet, in milliseconds; negative if it is over. */
    public val leaseMillis: Long?,
    /** The lanes that are paused. */
    public val pausedLanes: Set<String>,
)
