package dev.reprise.queue.spi

/** The result of a [LeaseSweep]. */
public class LeaseJudgement(
    /** Now, on the clock of the store. */
    public val now: Long,
    /** True if this process takes over the calls of judged leases this time. */
    public val takesOver: Boolean,
    /** After how many milliseconds the next search can find something. */
    public val nextMillis: Long,
)
