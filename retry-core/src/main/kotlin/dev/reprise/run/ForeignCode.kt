package dev.reprise.run

import dev.reprise.internal.util.fromStage
import dev.reprise.internal.util.isInterruption
import dev.reprise.internal.util.rejectionBehind
import dev.reprise.internal.util.returnedBy
import dev.reprise.policy.RepriseSpi
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableJob
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.suspendCancellableCoroutine
import java.util.concurrent.CompletionStage
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executor
import java.util.concurrent.ExecutorService
import java.util.concurrent.RejectedExecutionException
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.resume

/**
 * How an adapter for another language or framework calls code that blocks or returns stages: on [executor], and with the rules of the
 * library for interruptions, stages and executors that reject.
 */
@RepriseSpi
public class ForeignCode(
    /** Runs the code. */
    public val executor: Executor,
) {
    /** The executor as a dispatcher. */
    public val dispatcher: CoroutineDispatcher = executor.asCoroutineDispatcher()

    /**
     * Calls [code], whose thread is interrupted if the caller is cancelled; returns when it has returned.
     *
     * An executor that rejects the code, or shuts down while it runs, cancels it: see [rejection].
     */
    public suspend fun <T> call(code: () -> T): T {
        // As a value: a coroutine could copy a failure, and an interruption that the code threw itself would look like a cancellation.
        val end = runInterruptible(dispatcher) { runCatching(code) }
        val failure = end.exceptionOrNull()
        if (failure is InterruptedException && mayBeShutDown()) throw shutDown(failure)
        return end.getOrThrow()
    }

    /**
     * Calls [start] and waits for the stage that it returns. The stage is cancelled with the caller, also if that happens before the wait.
     *
     * @param source what returned the stage, for the message if it is null.
     */
    public suspend fun <T> await(
        source: String,
        start: () -> CompletionStage<T>?,
    ): T {
        var stage: CompletionStage<T>? = null
        try {
            call { stage = start() }
            return stage.returnedBy(source, "CompletionStage").result()
        } catch (e: CancellationException) {
            stage?.toCompletableFuture()?.cancel(true)
            throw e
        }
    }

    private suspend fun <T> CompletionStage<T>.result(): T =
        suspendCancellableCoroutine<Result<T>> { waiting ->
            waiting.invokeOnCancellation { toCompletableFuture().cancel(true) }
            whenComplete { value, failure ->
                waiting.resume(if (failure == null) Result.success(value) else Result.failure(failure.fromStage()))
            }
        }.getOrThrow()

    /** Code that its executor interrupts was not cancelled: unless the executor is running, and the code has interrupted itself. */
    private fun mayBeShutDown() = executor !== RetryTimer.workers && (executor as? ExecutorService)?.isShutdown != false

    private fun shutDown(interruption: InterruptedException) =
        CancellationException("the executor was shut down", RejectedExecutionException(interruption))

    public companion object {
        /**
         * Runs [code] on this thread, like `runBlocking`, and keeps an interrupted caller until [code] has ended; `runBlocking` only cancels it.
         *
         * @throws InterruptedException if this thread is interrupted.
         */
        public fun <T> runToEnd(
            context: CoroutineContext = EmptyCoroutineContext,
            code: suspend CoroutineScope.() -> T,
        ): T {
            val parent = Job()
            try {
                return runBlocking(context + parent, code)
            } catch (e: InterruptedException) {
                parent.awaitEnd()
                throw e
            }
        }

        /** An interruption during the wait is part of the one that is thrown. */
        private fun CompletableJob.awaitEnd() {
            val ended = CountDownLatch(1)
            invokeOnCompletion { ended.countDown() }
            complete()
            while (ended.count > 0) {
                try {
                    ended.await()
                } catch (_: InterruptedException) {
                    continue
                }
            }
        }

        /** The rejection, if [failure] is the cancellation by an executor that is full or shut down; null for every other failure. */
        @JvmStatic
        public fun rejection(failure: Throwable): RejectedExecutionException? = failure.rejectionBehind()

        /** The failure that [failure] reports, which a stage has completed with: later stages put an envelope around it. */
        @JvmStatic
        public fun failureOf(failure: Throwable): Throwable = failure.fromStage()

        /**
         * Returns [value], which [source] returned.
         *
         * @throws NullPointerException if it is null; the message says that it must be a [type].
         */
        @JvmStatic
        public fun <T : Any> returned(
            value: T?,
            source: String,
            type: String,
        ): T = value.returnedBy(source, type)
    }
}
