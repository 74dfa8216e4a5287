package dev.reprise.run

/** How a run ended, as a value. */
public sealed interface RetryOutcome<out T> {
    /** An attempt succeeded, or the run gave up on a result and `orLast()` says that it counts: then [report] tells why. */
    public data class Success<out T>(
        public val value: T,
        /** How many attempts were made, the last one included. */
        public val attempts: Int,
        /** Null unless the run gave up. */
        public val report: RetryReport? = null,
    ) : RetryOutcome<T>

    /** The run gave up. [failure] is what the throwing form would have thrown. */
    public data class Failure(
        public val failure: Throwable,
        public val report: RetryReport,
    ) : RetryOutcome<Nothing>

    /** The value, or the failure thrown. */
    public fun getOrThrow(): T =
        when (this) {
            is Success -> value
            is Failure -> throw failure
        }

    /** The value, or null. */
    public fun getOrNull(): T? = (this as? Success)?.value
}
