package dev.reprise.queue.spi

/** Running calls whose worker has no valid lease. */
public class OrphanedCalls(
    /** The calls, by id. */
    public val calls: List<StoredCall>,
    /** Now, on the clock of the store. */
    public val now: Long,
)
