package dev.reprise.queue.spi

/** The result of renewing a lease. */
public class LeaseRenewal(
    /** The calls of this worker that it has to cancel. */
    public val cancelRequested: List<String>,
    /** The lanes that are paused: calls of these that it has claimed and not started go back. */
    public val pausedLanes: Set<String> = emptySet(),
)
