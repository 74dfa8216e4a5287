package dev.reprise.queue.spi

/** What became of a settlement. */
public enum class SettleResult {
    /** It was written. */
    ACCEPTED,

    /** The call was not this claim's any more; nothing was written. */
    STALE,
}
