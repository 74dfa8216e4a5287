package dev.reprise.queue.spi

/** The counters of a call. */
public data class CallCounters(
    /** How many times a worker claimed it. */
    public val claims: Int = 0,
    /** How many times its handler ran to an end, with or without success. */
    public val attempts: Int = 0,
    /** How many of the attempts failed. */
    public val failures: Int = 0,
    /** How many times the worker that had claimed it died. */
    public val crashes: Int = 0,
    /** How many times its handler snoozed it, which is not an attempt. */
    public val snoozes: Int = 0,
) {
    /** The counters after an attempt that ended with [result]. */
    internal fun plus(result: AttemptResult): CallCounters =
        copy(
            attempts = attempts + result.attempts,
            failures = failures + result.failures,
            crashes = crashes + result.crashes,
            snoozes = snoozes + result.snoozes,
        )
}
