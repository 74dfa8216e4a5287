package dev.reprise.internal.engine

/** How the body of one attempt ended. */
internal sealed interface AttemptEnd<out T> {
    class Returned<T>(
        val value: T,
    ) : AttemptEnd<T>

    class Threw(
        val failure: Throwable,
    ) : AttemptEnd<Nothing>

    class Cut(
        val by: CancelCause,
        val failure: Throwable,
    ) : AttemptEnd<Nothing>
}
