package dev.reprise.queue.spi

/** The result of renewing a lease. */
public class LeaseRenewal(
    /** The calls of this worker that it has to cancel. */
    public val cancelRequested: List<String>,
)
