package dev.reprise.internal.queue.worker

/** Why an attempt is cancelled from outside. */
internal enum class CancelCause {
    /** A user or an operator cancelled its call. */
    REQUESTED,

    /** The lease of its worker is over. */
    LEASE_LOST,

    /** The queue shuts down. */
    SHUTDOWN,

    /** Its time is over. */
    DEADLINE,
}
