package dev.reprise.queue.event

/** How an attempt at a durable call ended. */
public enum class AttemptOutcome {
    /** The handler returned. */
    RETURNED,

    /** The handler threw. */
    FAILED,

    /** Its time was over. */
    TIMED_OUT,

    /** The handler rejected the call. */
    REJECTED,

    /** The handler postponed the call. */
    SNOOZED,

    /** It was cancelled, see [CancelCause]. */
    CANCELLED,
}
