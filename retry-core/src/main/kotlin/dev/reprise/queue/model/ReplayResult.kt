package dev.reprise.queue.model

/** What became of a wish to replay. */
public enum class ReplayResult {
    /** It is ready, or waits for its turn. */
    REPLAYED,

    /** It is not dead. */
    NOT_DEAD,

    /** Another call has taken its unique key. */
    KEY_TAKEN,
}
