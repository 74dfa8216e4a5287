package dev.reprise.queue.spi

/** What a worker claims. */
public class ClaimRequest
    @JvmOverloads
    constructor(
        /** The nonce of its lease. */
        public val owner: String,
        /** The lane; nothing is claimed while it is paused. */
        public val lane: String,
        /** The limit of each handler. Among calls of equal priority, those of the first handler come first. */
        public val handlers: Map<String, Int>,
        /** The limit of all handlers together. */
        public val limit: Int,
        /** True if probably nothing is due, so that a look, which writes nothing, is worth more than an attempt to claim. */
        public val looksFirst: Boolean = false,
    )
