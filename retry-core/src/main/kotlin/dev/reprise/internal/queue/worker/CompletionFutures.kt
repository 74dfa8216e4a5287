package dev.reprise.internal.queue.worker

import dev.reprise.queue.model.CallFutures
import dev.reprise.queue.model.QueueClosedException
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.spi.CallStore
import dev.reprise.run.RetryTimer
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.util.concurrent.CompletableFuture
import kotlin.coroutines.CoroutineContext

/** The futures of what waits for calls, run in [context], or on daemon threads. All of them complete, at the latest when they are closed. */
internal class CompletionFutures(
    private val store: CallStore,
    context: CoroutineContext?,
) : CallFutures {
    private val waiting = SupervisorJob()
    private val scope = CoroutineScope(waiting + (context ?: RetryTimer.workers.asCoroutineDispatcher()))

    @OptIn(DelicateCoroutinesApi::class)
    override fun <T> future(
        cid: String,
        body: suspend () -> T,
    ): CompletableFuture<T> {
        val future = CompletableFuture<T>()
        // It starts in any case: a future must not wait for a coroutine that never ran.
        val job =
            scope.launch(start = CoroutineStart.ATOMIC) {
                try {
                    future.complete(untilClosed(cid, body))
                } catch (e: Throwable) {
                    future.completeExceptionally(e)
                }
            }
        future.whenComplete { _, _ -> if (future.isCancelled) job.cancel() }
        return future
    }

    /** If the queue closes during the wait, it polls once more: the call can have ended before. */
    private suspend fun <T> untilClosed(
        cid: String,
        body: suspend () -> T,
    ): T =
        try {
            body()
        } catch (e: CancellationException) {
            if (!waiting.isCancelled) throw e
            withContext(NonCancellable) { if (hasEnded(cid)) body() else throw QueueClosedException.afterShutdown() }
        }

    private suspend fun hasEnded(cid: String): Boolean =
        try {
            store.find(cid)?.state?.isEnd == true
        } catch (_: StoreUnavailableException) {
            false
        }

    /** Completes all futures: those whose calls have not ended with [QueueClosedException]. It waits for the store, and can be cancelled. */
    suspend fun close() {
        waiting.cancelAndJoin()
    }
}
