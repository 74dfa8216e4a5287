package dev.reprise.queue.model

import java.util.concurrent.CompletableFuture

/** A handle to an enqueued call: its [cid], and ways to wait for its end. */
public class CallHandle<R> private constructor(
    /** The correlation id of the call. */
    public val cid: String,
    /** False if the call existed before, with the same unique key. */
    public val isNew: Boolean,
    private val queue: CallQueue,
    private val target: Target<*, R>,
    private val futures: CallFutures,
) {
    /**
     * Waits until the call has ended, here or in another process, and returns the result of its handler. Cancelling the wait does not
     * cancel the call.
     *
     * @throws CallFailedException if the call is dead or was cancelled.
     * @throws ResultNotStoredException if the call succeeded, but its result could not be stored.
     * @throws UnknownCallException if its retention is over.
     * @throws PayloadException if the response cannot be read.
     */
    public suspend fun await(): R {
        val call = awaitEnd()
        val response = call.response ?: throw if (call.state == CallState.SUCCEEDED) notStored() else failureOf(call)
        try {
            return target.response.decode(response.bytes, response.version)
        } catch (e: Exception) {
            throw PayloadException("the codec '${response.codec}' cannot read the response of call $cid: $e", e)
        }
    }

    private suspend fun notStored() = ResultNotStoredException(cid, queue.errors(cid).lastOrNull()?.toFailure())

    private suspend fun failureOf(call: Call): CallFailedException {
        val what = if (call.state == CallState.CANCELLED) "was cancelled" else "died (${call.deadReason})"
        return CallFailedException(cid, call.attempts, queue.errors(cid).map { it.toFailure() }, what)
    }

    /** Waits until the call has ended and returns it, however it ended. */
    public suspend fun awaitEnd(): Call = queue.awaitEnd(cid)

    /**
     * Returns a future of what [await] returns or throws. It always completes: with [QueueClosedException] if the queue is shut down
     * before the call has ended. Cancelling the future does not cancel the call.
     */
    public fun resultAsync(): CompletableFuture<R> = futures.future(cid) { await() }

    /** Returns a future of the call as it ends, however it ends; otherwise like [resultAsync]. */
    public fun endAsync(): CompletableFuture<Call> = futures.future(cid) { awaitEnd() }

    /** Cancels the call; its callbacks are notified. */
    @JvmSynthetic
    public suspend fun cancel(): CancelResult = queue.cancel(cid)

    override fun toString(): String = "CallHandle($cid)"

    public companion object {
        /** A handle to the call [cid] of [queue], for implementations of [CallQueue]; [futures] runs what waits for it. */
        @JvmStatic
        public fun <R> of(
            queue: CallQueue,
            target: Target<*, R>,
            cid: String,
            isNew: Boolean,
            futures: CallFutures,
        ): CallHandle<R> = CallHandle(cid, isNew, queue, target, futures)
    }
}
