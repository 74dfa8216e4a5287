package dev.reprise.queue.model

/** What [RetryQueue.invokeOrDefer][dev.reprise.queue.RetryQueue.invokeOrDefer] came to. */
public sealed interface InvokeResult<out R> {
    /** The first attempt returned [value]. */
    public data class Completed<R>(
        public val value: R,
    ) : InvokeResult<R>

    /** The first attempt failed; the call [cid] goes on in the background. */
    public data class Deferred(
        public val cid: String,
    ) : InvokeResult<Nothing>
}
