package dev.reprise.interop.queue

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.CallHandle
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.spi.CallStore
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.DelicateCoroutinesApi
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor
import java.util.concurrent.atomic.AtomicBoolean
import java.util.function.BiConsumer
import kotlin.coroutines.Continuation
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.startCoroutine
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** A queue, the coroutines that belong to it, and the ways from Java's threads to them. */
internal class QueueLife(
    private val store: CallStore,
    private val ownsStore: Boolean,
    private val time: QueueTime,
    executor: Executor?,
    tell: BiConsumer<RetryQueueBuilder, Handlers>,
) {
    val handlers: Handlers = Handlers(executor ?: time.executor, this)
    val queue: RetryQueue = RetryQueue(store) { tell.accept(this, handlers) }
    private val engine = CoroutineScope(SupervisorJob() + time.dispatcher)
    private val waiting = SupervisorJob()
    private val waits = CoroutineScope(waiting + time.dispatcher)
    private val apart = time.executor.asCoroutineDispatcher()
    private val isClosed = AtomicBoolean()

    fun start() {
        ask { start(engine) }
    }

    /** Asks the store, on this thread and those of the store: nothing that the queue runs on is needed for the answer. */
    fun <T> ask(
        caller: CoroutineContext = Caller.here,
        question: suspend RetryQueue.() -> T,
    ): T {
        requireOpen()
        return time.ask(caller) { queue.question() }
    }

    /**
     * The same for a question that calls code of a user after the store has answered: it is called on a thread where it may ask too, and not on
     * one of the store.
     */
    fun <T> askApart(question: suspend RetryQueue.() -> T): T = ask(Caller.here + apart, question)

    fun requireOpen() {
        if (isClosed.get()) throw QueueRunner.closed()
    }

    /** Runs [body], which may wait in the time of the queue; an interruption of this thread cancels it. */
    fun <T> run(body: suspend RetryQueue.() -> T): T {
        val future = future(body)
        try {
            return time.await(future)
        } catch (e: InterruptedException) {
            future.cancel(true)
            throw e
        }
    }

    /** What [handle] waits for. A queue that is closed meanwhile looks once more: the call may have ended before this had its first turn. */
    fun <R, T> await(
        handle: CallHandle<R>,
        ask: suspend CallHandle<R>.() -> T,
    ): CompletableFuture<T> =
        begun {
            try {
                handle.ask()
            } catch (e: CancellationException) {
                if (!isClosed.get()) throw e
                withContext(NonCancellable) { if (hasEnded(handle.cid)) handle.ask() else throw QueueRunner.closed() }
            }
        }

    private suspend fun hasEnded(cid: String): Boolean =
        try {
            queue.find(cid)?.state?.isEnd == true
        } catch (_: StoreUnavailableException) {
            false
        }

    /** The result of [body], however it ends, also by the end of the queue. Cancelling it cancels [body]. */
    fun <T> future(body: suspend RetryQueue.() -> T): CompletableFuture<T> =
        begun {
            currentCoroutineContext().ensureActive()
            body()
        }

    /** The result of [body], which begins in any case: whoever has its future waits for nothing that was never started. */
    @OptIn(DelicateCoroutinesApi::class)
    private fun <T> begun(body: suspend RetryQueue.() -> T): CompletableFuture<T> {
        val future = CompletableFuture<T>()
        val job =
            waits.launch(Caller.here, CoroutineStart.ATOMIC) {
                val complete =
                    try {
                        val value = queue.body()
                        Runnable { future.complete(value) }
                    } catch (e: Throwable) {
                        val failure = if (waiting.isCancelled && e is CancellationException) QueueRunner.closed() else e
                        Runnable { future.completeExceptionally(failure) }
                    }
                time.completer.execute(complete)
            }
        future.whenComplete { _, _ -> if (future.isCancelled) job.cancel() }
        return future
    }

    /** Returns when nothing of the queue runs any more. An interruption does not shorten this, but ends the grace. */
    fun close(grace: Duration) {
        val closed = CompletableFuture<Unit>()
        CoroutineScope(time.dispatcher).launch {
            try {
                shutdown(grace)
                closed.complete(Unit)
            } catch (e: Throwable) {
                closed.completeExceptionally(e)
            }
        }
        time.awaitAll(closed) { engine.cancel() }
    }

    private suspend fun shutdown(grace: Duration) {
        queue.shutdown(grace)
        if (!isClosed.compareAndSet(false, true)) return waiting.join()
        withTimeoutOrNull(LAST_LOOK) { waiting.cancelAndJoin() }
        if (ownsStore) withContext(Dispatchers.IO) { store.close() }
    }

    private companion object {
        /** What the store is given to say how calls ended that are waited for. */
        val LAST_LOOK = 10.seconds
    }
}

/**
 * Asks on this thread, until [question] goes to another one.
 *
 * There is no dispatcher unless [caller] has one. `Unconfined` would only put a question that is asked within another one, by an option or a
 * codec, into the queue of this thread, which then waits for it and never gets there.
 */
internal fun <T> QueueTime.ask(
    caller: CoroutineContext = Caller.here,
    question: suspend () -> T,
): T {
    val answer = CompletableFuture<T>()
    question.startCoroutine(Continuation(caller) { result -> result.fold(answer::complete, answer::completeExceptionally) })
    return awaitAll(answer) {}
}
