package dev.reprise.interop.internal

import dev.reprise.interop.function.BlockingHandler
import dev.reprise.queue.ReloadingHandler
import dev.reprise.queue.ReloadingHandlers
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.CallHandler
import dev.reprise.run.RetryTimer
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.future.await
import kotlinx.coroutines.runInterruptible
import java.util.concurrent.CompletionStage
import java.util.concurrent.Executor
import java.util.concurrent.ExecutorService
import java.util.concurrent.RejectedExecutionException
import java.util.function.BiFunction

/** Java's handlers as the suspend functions that a queue runs. */
internal class ExecutorHandlers(
    private val executor: Executor,
) {
    private val dispatcher = executor.asCoroutineDispatcher()

    /** The thread is interrupted if the attempt is cancelled; the attempt then lasts until [handler] has returned. */
    fun <Q, R> blocking(handler: BlockingHandler<Q, R>): suspend CallContext.(Q) -> R =
        { request ->
            onExecutor { handler.handle(this, request) }
        }

    /** A class of Java's own interface, or of Kotlin's. */
    @Suppress("UNCHECKED_CAST")
    fun <Q, R> reloading(
        source: ReloadingHandlers,
        className: String,
    ): ReloadingHandler<Q, R> =
        source.handler(className) { if (it is BlockingHandler<*, *>) Blocking(it as BlockingHandler<Q, R>) else it as CallHandler<Q, R> }

    private inner class Blocking<Q, R>(
        private val handler: BlockingHandler<Q, R>,
    ) : CallHandler<Q, R> {
        override val version: Int get() = handler.version()

        override suspend fun handle(
            context: CallContext,
            request: Q,
        ): R = onExecutor { handler.handle(context, request) }
    }

    /** The stage is cancelled if the attempt is cancelled. */
    fun <Q, R> async(handler: BiFunction<in CallContext, in Q, out CompletionStage<R>?>): suspend CallContext.(Q) -> R =
        { request ->
            var made: CompletionStage<R>? = null
            try {
                onExecutor { made = handler.apply(this, request) }
                (made ?: noStage()).await()
            } catch (e: CancellationException) {
                // Perhaps between the handler and the wait for its stage.
                made?.toCompletableFuture()?.cancel(true)
                throw e
            }
        }

    private fun CallContext.noStage(): Nothing =
        throw NullPointerException("the handler '${call.handler}' returned null; it must return a CompletionStage")

    private suspend fun <T> onExecutor(body: () -> T): T {
        try {
            return runInterruptible(dispatcher) { body() }
        } catch (e: CancellationException) {
            currentCoroutineContext().ensureActive()
            // Coroutines can wrap a copy around it, to recover a stack trace.
            val interruption = e.firstCause<InterruptedException>() ?: throw e
            throw if (executor.mayBeShutDown()) rejection(interruption) else interruption
        }
    }

    /**
     * A handler that its executor interrupts was not cancelled: unless the executor is running, and the handler has interrupted itself. The
     * executor of the library is always running.
     */
    private fun Executor.mayBeShutDown() = this !== RetryTimer.workers && (this as? ExecutorService)?.isShutdown != false

    /** The queue treats an executor that shuts down like one that rejects a task. */
    private fun rejection(interruption: Throwable) =
        CancellationException("the executor was shut down", RejectedExecutionException(interruption))
}
