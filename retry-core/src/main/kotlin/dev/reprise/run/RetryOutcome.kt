package dev.reprise.run

import dev.reprise.internal.util.describe

/** How a run ended, as a value. */
public sealed interface RetryOutcome<out T> {
    /** An attempt succeeded; or the run gave up on a result and `returnLastResult()` returns it: then [report] says why. */
    public class Success<out T> internal constructor(
        public val value: T,
        /** How many attempts were made, including the last one. */
        public val attempts: Int,
        /** Null unless the run gave up. */
        public val report: RetryReport? = null,
    ) : RetryOutcome<T> {
        override fun toString(): String = "Success(${value.describe()}, attempts=$attempts)"
    }

    /** The run gave up. [failure] is what the throwing form would have thrown. */
    public class Failure internal constructor(
        public val failure: Throwable,
        public val report: RetryReport,
    ) : RetryOutcome<Nothing> {
        override fun toString(): String = "Failure(${failure.describe()}, ${report.message})"
    }

    /** True for a [Success]. */
    public val isSuccess: Boolean get() = this is Success

    /** Returns the value, or throws the failure. */
    public fun getOrThrow(): T = fold({ it }, { throw it })

    /** Returns the value, or null. */
    public fun getOrNull(): T? = fold({ it }, { null })

    /** Returns the value, or what [fallback] returns for the failure. */
    public fun orElse(fallback: (Throwable) -> @UnsafeVariance T): T = fold({ it }, fallback)

    /** Returns what [onSuccess] returns for the value, or [onFailure] for the failure. */
    public fun <R> fold(
        onSuccess: (T) -> R,
        onFailure: (Throwable) -> R,
    ): R =
        when (this) {
            is Success -> onSuccess(value)
            is Failure -> onFailure(failure)
        }

    /** Returns this outcome with what [transform] returns for the value; a failure is returned unchanged. What [transform] throws is thrown. */
    public fun <R> map(transform: (T) -> R): RetryOutcome<R> =
        when (this) {
            is Success -> Success(transform(value), attempts, report)
            is Failure -> this
        }

    /** This outcome as a [Result]; the report is suppressed in its failure. */
    @JvmSynthetic
    public fun toResult(): Result<T> = fold({ Result.success(it) }, { Result.failure(it) })
}
