package dev.reprise.queue.spi

/** What a worker claims. */
public class ClaimRequest(
    /** The nonce of its lease. */
    public val owner: String,
    /** The lane; nothing is claimed while it is paused. */
    public val lane: String,
    /** The limit of each handler. Among calls of equal priority, those of the first handler come first. */
    public val handlers: Map<String, Int>,
    /** The limit of all handlers together. */
    public val limit: Int,
)
