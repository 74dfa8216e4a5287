package dev.reprise.queue.spi

/** The counters of a call. */
public class CallCounters internal constructor(
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

    internal fun copy(
        claims: Int = this.claims,
        attempts: Int = this.attempts,
        failures: Int = this.failures,
        crashes: Int = this.crashes,
        snoozes: Int = this.snoozes,
    ): CallCounters = CallCounters(claims, attempts, failures, crashes, snoozes)

    private fun values() = listOf(claims, attempts, failures, crashes, snoozes)

    override fun equals(other: Any?): Boolean = other is CallCounters && values() == other.values()

    override fun hashCode(): Int = values().hashCode()

    override fun toString(): String =
        "CallCounters(claims=$claims, attempts=$attempts, failures=$failures, crashes=$crashes, snoozes=$snoozes)"

    public companion object {
        /** For implementations of a store. */
        @JvmStatic
        public fun of(
            claims: Int,
            attempts: Int,
            failures: Int,
            crashes: Int,
            snoozes: Int,
        ): CallCounters = CallCounters(claims, attempts, failures, crashes, snoozes)
    }
}
