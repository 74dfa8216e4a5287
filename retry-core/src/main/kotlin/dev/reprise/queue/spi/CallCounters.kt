package dev.reprise.queue.spi

/** What has happened to a call: five counters, each for one thing only. */
public data class CallCounters(
    /** How often a worker took it. */
    public val claims: Int = 0,
    /** How often its handler ran to an end, good or bad. */
    public val attempts: Int = 0,
    /** How many of the attempts failed. */
    public val failures: Int = 0,
    /** How often the worker that had it died. */
    public val crashes: Int = 0,
    /** How often its handler asked to be called later, which is no attempt. */
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
