package dev.reprise.queue.model

/** What became of a wish to cancel. */
public enum class CancelResult {
    /** It is cancelled. */
    CANCELLED,

    /** It is running; its worker was asked to stop it. */
    REQUESTED,

    /** It had ended before. */
    ENDED,

    /** There is no such call. */
    UNKNOWN,
}
