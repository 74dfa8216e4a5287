package dev.reprise.interop.queue

import dev.reprise.queue.ReloadingHandler
import dev.reprise.queue.ReloadingHandlers
import dev.reprise.queue.model.CallContext
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Job
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.future.await
import kotlinx.coroutines.runInterruptible
import java.util.concurrent.Callable
import java.util.concurrent.CompletionStage
import java.util.concurrent.Executor
import java.util.concurrent.ExecutorService
import java.util.concurrent.RejectedExecutionException
import java.util.function.BiFunction
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.time.Duration.Companion.seconds

private typealias KotlinHandler<Q, R> = dev.reprise.queue.model.CallHandler<Q, R>

/** Java's handlers as the suspend functions that a queue runs. */
internal class Handlers(
    private val executor: Executor,
    private val life: QueueLife,
) {
    private val dispatcher = executor.asCoroutineDispatcher()

    /** The thread is interrupted if the attempt is cut, which then lasts until [handler] has returned. */
    fun <Q, R> blocking(handler: BlockingHandler<Q, R>): suspend CallContext.(Q) -> R =
        { request ->
            onExecutor { handler.handle(it, request) }
        }

    /** A class of Java's own interface, or of Kotlin's. */
    @Suppress("UNCHECKED_CAST")
    fun <Q, R> reloading(
        source: ReloadingHandlers,
        className: String,
    ): ReloadingHandler<Q, R> =
        source.handler(className) { if (it is BlockingHandler<*, *>) Blocking(it as BlockingHandler<Q, R>) else it as KotlinHandler<Q, R> }

    private inner class Blocking<Q, R>(
        private val handler: BlockingHandler<Q, R>,
    ) : KotlinHandler<Q, R> {
        override val version: Int get() = handler.version()

        override suspend fun handle(
            context: CallContext,
            request: Q,
        ): R = context.onExecutor { handler.handle(it, request) }
    }

    /** The stage is cancelled if the attempt is cut. */
    fun <Q, R> async(handler: BiFunction<in HandlerContext, in Q, out CompletionStage<R>?>): suspend CallContext.(Q) -> R =
        { request ->
            var made: CompletionStage<R>? = null
            try {
                onExecutor { context -> made = handler.apply(context, request) }
                (made ?: noStage()).await()
            } catch (e: CancellationException) {
                // Perhaps between the handler and the wait for what it made.
                made?.toCompletableFuture()?.cancel(true)
                throw e
            }
        }

    private fun CallContext.noStage(): Nothing =
        throw NullPointerException("the handler '${call.handler}' returned null; it must return a CompletionStage")

    private suspend fun <T> CallContext.onExecutor(body: (HandlerContext) -> T): T {
        val caller = Caller(currentCoroutineContext().minusKey(Job).minusKey(ContinuationInterceptor))
        try {
            return runInterruptible(dispatcher) { caller.within { body(HandlerContext(this, life, caller)) } }
        } catch (e: CancellationException) {
            currentCoroutineContext().ensureActive()
            // Coroutines may have wrapped a copy around it, to recover a stack trace.
            val causes = generateSequence<Throwable>(e) { it.cause }.take(LONGEST_CHAIN)
            if (causes.any { it is RejectedExecutionException }) snooze(PAUSE)
            val interruption = causes.firstOrNull { it is InterruptedException } ?: throw e
            if (mayBeShutDown) snooze(PAUSE)
            throw interruption
        }
    }

    /** What interrupts a handler that nobody has cut: its executor, unless that says no, and the handler has interrupted itself. */
    private val mayBeShutDown get() = (executor as? ExecutorService)?.isShutdown != false

    private companion object {
        const val LONGEST_CHAIN = 8

        /** An executor that has no room, or is being shut down, is no fault of the call. */
        val PAUSE = 1.seconds
    }
}

/** Who is calling: what a handler's coroutine carries, for the calls that are made on its thread. */
internal class Caller(
    val context: CoroutineContext,
) {
    fun <T> call(body: Callable<T>): T = within { body.call() }

    inline fun <T> within(body: () -> T): T {
        val outer = present.get()
        present.set(context)
        try {
            return body()
        } finally {
            present.set(outer)
        }
    }

    companion object {
        val present = ThreadLocal<CoroutineContext?>()

        /** What is to be carried on from this thread. */
        val here: CoroutineContext get() = present.get() ?: EmptyCoroutineContext
    }
}
