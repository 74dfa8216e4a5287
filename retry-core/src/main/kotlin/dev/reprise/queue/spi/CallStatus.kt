package dev.reprise.queue.spi

/** What determines whether a call runs. */
public class CallStatus(
    /** The call. */
    public val call: StoredCall,
    /** Now, on the clock of the store. */
    public val now: Long,
    /** The call at the head of its order; null if it has no order, or is the head itself. */
    public val head: String?,
    /** True if that head is dead, and blocks. */
    public val headIsDead: Boolean,
    /** The name of the worker that claimed it; null if it is not running. */
    public val worker: String?,
    /** How long the lease of that worker is still valid, in milliseconds; negative if it is over. */
    public val leaseMillis: Long?,
    /** The lanes that are paused. */
    public val pausedLanes: Set<String>,
)
