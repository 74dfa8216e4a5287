package dev.reprise.queue.model

import java.util.concurrent.CompletableFuture

/** Runs what waits for a call, and completes futures with it. */
public interface CallFutures {
    /**
     * Returns the result of [body], which waits for the end of the call [cid]. The future always completes: with [QueueClosedException]
     * if the queue is shut down before.
     */
    public fun <T> future(
        cid: String,
        body: suspend () -> T,
    ): CompletableFuture<T>
}
