package dev.reprise.queue.spi

/** What a renewal brought. */
public class LeaseRenewal(
    /** The calls of this worker that somebody wants cancelled. */
    public val cancelRequested: List<String>,
)
