package dev.reprise.queue.spi

/** The right to settle a call: worthless once the call was claimed again. */
public data class Claim(
    /** The nonce of the worker's lease. */
    public val owner: String,
    /** The fencing token of this claim. */
    public val token: Long,
    /** When it was claimed. */
    public val at: Long,
)
