package dev.reprise.internal.engine

/** How the body of one attempt ended. */
internal sealed interface AttemptEnd<out T> {
    class Returned<T>(
        val value: T,
    ) : AttemptEnd<T>

    /** [isElsewhere] if it was thrown on another thread, as the failure of a stage is. */
    class Threw(
        val failure: Throwable,
        val isElsewhere: Boolean = false,
    ) : AttemptEnd<Nothing>

    class Cancelled(
        val by: CancelCause,
        val failure: Throwable,
    ) : AttemptEnd<Nothing>
}
