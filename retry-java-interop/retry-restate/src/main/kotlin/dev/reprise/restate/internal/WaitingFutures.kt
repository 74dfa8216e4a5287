package dev.reprise.restate.internal

import dev.reprise.queue.model.CallFutures
import dev.reprise.queue.model.QueueClosedException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.launch
import java.util.concurrent.CompletableFuture

/** The futures of what waits for calls, until they are closed. */
internal class WaitingFutures : CallFutures {
    private val waiting = SupervisorJob()
    private val scope = CoroutineScope(waiting + Dispatchers.Default)

    /** @throws QueueClosedException after [close]. */
    fun requireOpen() {
        if (waiting.isCancelled) throw QueueClosedException.afterShutdown()
    }

    override fun <T> future(
        cid: String,
        body: suspend () -> T,
    ): CompletableFuture<T> {
        val future = CompletableFuture<T>()
        val job =
            scope.launch {
                try {
                    future.complete(body())
                } catch (e: Throwable) {
                    future.completeExceptionally(if (waiting.isCancelled) QueueClosedException.afterShutdown() else e)
                }
            }
        // It did not start, or the queue was closed meanwhile.
        job.invokeOnCompletion { future.completeExceptionally(QueueClosedException.afterShutdown()) }
        future.whenComplete { _, _ -> if (future.isCancelled) job.cancel() }
        return future
    }

    fun close(): Unit = waiting.cancel()
}
