package dev.reprise.queue.spi

/** What a worker asks for. */
public class ClaimRequest(
    /** The nonce of its lease. */
    public val owner: String,
    /** The lane it asks for; nothing is given while that is paused. */
    public val lane: String,
    /** How many calls of each handler it can take. Among calls of equal priority, those of the first handler come first. */
    public val handlers: Map<String, Int>,
    /** How many calls it can take in all. */
    public val limit: Int,
)
