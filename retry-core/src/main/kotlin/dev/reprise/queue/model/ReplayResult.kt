package dev.reprise.queue.model

/** The result of a replay. */
public enum class ReplayResult {
    /** It is ready, or waits behind another call of its order. */
    REPLAYED,

    /** It is not dead. */
    NOT_DEAD,

    /** Another call has taken its unique key. */
    KEY_TAKEN,
}
