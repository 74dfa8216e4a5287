package dev.reprise.queue.spi

/** The result of a settlement. */
public enum class SettleResult {
    /** It was written. */
    ACCEPTED,

    /** The call belonged to another claim, or to none; nothing was written. */
    STALE,
}
