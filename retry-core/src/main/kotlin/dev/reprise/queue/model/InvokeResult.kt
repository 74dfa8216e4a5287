package dev.reprise.queue.model

/** The result of [RetryQueue.invokeOrDefer][dev.reprise.queue.RetryQueue.invokeOrDefer]. */
public sealed interface InvokeResult<out R> {
    /** The first attempt returned [value]. */
    public class Completed<R> internal constructor(
        public val value: R,
    ) : InvokeResult<R> {
        override fun equals(other: Any?): Boolean = other is Completed<*> && value == other.value

        override fun hashCode(): Int = value.hashCode()

        override fun toString(): String = "Completed($value)"
    }

    /** The first attempt failed; the call [cid] continues in the background. */
    public class Deferred internal constructor(
        public val cid: String,
    ) : InvokeResult<Nothing> {
        override fun equals(other: Any?): Boolean = other is Deferred && cid == other.cid

        override fun hashCode(): Int = cid.hashCode()

        override fun toString(): String = "Deferred($cid)"
    }
}
