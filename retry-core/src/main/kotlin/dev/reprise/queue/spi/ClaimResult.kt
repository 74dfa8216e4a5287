package dev.reprise.queue.spi

/** What a worker got. */
public class ClaimResult(
    /** The calls, higher priorities first. */
    public val calls: List<StoredCall>,
    /** Now, on the clock of the store. */
    public val now: Long,
    /** If [calls] is empty: when the next call of these handlers is due, in milliseconds from now; null if none is. */
    public val nextDueMillis: Long?,
)
