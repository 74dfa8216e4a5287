package dev.reprise.queue.event

/** Why an attempt was cancelled from outside. */
public enum class CancelCause {
    /** A user or an operator cancelled its call. */
    REQUESTED,

    /** The lease of its worker is over. */
    LEASE_LOST,

    /** The queue shuts down. */
    SHUTDOWN,

    /** Its time is over. */
    DEADLINE,
}
