package dev.reprise.queue.spi

/** Running calls whose lease was judged or closed. */
public class OrphanedCalls(
    /** The calls, by id. */
    public val calls: List<StoredCall>,
    /** Now, on the clock of the store. */
    public val now: Long,
)
