package dev.reprise.queue.model

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.spi.StoredCall

/** What is left in the hand of one who has enqueued a call: its [cid], and ways to hear how it ended. */
public class CallHandle<R> internal constructor(
    /** The correlation id of the call. */
    public val cid: String,
    /** False if the call was there already, under the same unique key. */
    public val isNew: Boolean,
    private val queue: RetryQueue,
    private val target: Target<*, R>,
) {
    /**
     * Waits until the call has ended, here or in another process, and returns what its handler returned. Cancelling the wait does not
     * cancel the call.
     *
     * @throws CallFailedException if it is dead or was cancelled.
     * @throws UnknownCallException if its retention is over.
     * @throws PayloadException if the response cannot be read.
     */
    public suspend fun await(): R {
        val call = awaitEnd()
        val response = call.response ?: throw failureOf(call)
        try {
            return target.response.decode(response.bytes, response.version)
        } catch (e: Exception) {
            throw PayloadException("the codec '${response.codec}' cannot read the response of call $cid: $e", e)
        }
    }

    private suspend fun failureOf(call: StoredCall): CallFailedException {
        val what = if (call.state == CallState.CANCELLED) "was cancelled" else "died (${call.deadReason})"
        return CallFailedException(cid, call.counters.attempts, queue.errors(cid).map(::RecordedFailure), what)
    }

    /** Waits until the call has ended and returns it as it then is, however it ended. */
    public suspend fun awaitEnd(): StoredCall = queue.endings.await(cid)

    /** Cancels the call; its callbacks are told. */
    public suspend fun cancel(): CancelResult = queue.cancel(cid)

    override fun toString(): String = "CallHandle($cid)"
}
