package dev.reprise.queue.model

/** The result of a cancellation. */
public enum class CancelResult {
    /** It is cancelled. */
    CANCELLED,

    /** It is running; its worker will cancel it. */
    REQUESTED,

    /** It had ended before. */
    ENDED,

    /** There is no such call. */
    UNKNOWN,
}
