package dev.reprise.queue.spi

/** How a claim ended, and what it counts for. */
public enum class AttemptResult(
    internal val attempts: Int = 0,
    internal val failures: Int = 0,
    internal val crashes: Int = 0,
    internal val snoozes: Int = 0,
) {
    /** The handler returned. */
    RETURNED(attempts = 1),

    /** The handler failed. */
    FAILED(attempts = 1, failures = 1),

    /** The handler asked to be called later. */
    SNOOZED(snoozes = 1),

    /** The worker died. */
    CRASHED(crashes = 1),

    /** The handler was not called, or was cut for no fault of its own. */
    RELEASED,
}
