package dev.reprise.interop.internal

import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.QueueClosedException
import dev.reprise.queue.spi.CallStore
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
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
import java.util.function.Consumer
import kotlin.coroutines.Continuation
import kotlin.coroutines.CoroutineContext
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.startCoroutine
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/** A queue, its coroutines, and the ways from Java's threads to them. */
internal class QueueLife(
    private val store: CallStore,
    private val ownsStore: Boolean,
    private val time: QueueTime,
    executor: Executor?,
    settings: List<Consumer<QueueSetup>>,
) {
    val handlers: ExecutorHandlers = ExecutorHandlers(executor ?: time.executor)
    val queue: RetryQueue =
        RetryQueue.on(store) {
            futureContext = time.futures
            QueueSetup(this, handlers).let { setup -> settings.forEach { it.accept(setup) } }
        }
    private val engine = CoroutineScope(SupervisorJob() + time.dispatcher)
    private val waiting = SupervisorJob()
    private val waits = CoroutineScope(waiting + time.futures)
    private val apart = time.executor.asCoroutineDispatcher()
    private val isClosed = AtomicBoolean()

    fun migrate(): Unit = time.ask { (store as JdbcCallStore).migrate() }

    fun start() {
        ask { start(engine) }
    }

    /** Calls the store from this thread, and waits for it: the threads of the queue are not needed for the response. */
    fun <T> ask(question: suspend RetryQueue.() -> T): T = ask(EmptyCoroutineContext, question)

    /** The same for a query that calls user code after the response of the store: not on a thread of the store, so the code can call it. */
    fun <T> askApart(question: suspend RetryQueue.() -> T): T = ask(apart, question)

    private fun <T> ask(
        context: CoroutineContext,
        question: suspend RetryQueue.() -> T,
    ): T {
        requireOpen()
        return time.ask(context) { queue.question() }
    }

    fun requireOpen() {
        if (isClosed.get()) throw QueueClosedException.afterShutdown()
    }

    /** Runs [body], which can wait in the time of the queue; an interruption of this thread cancels it. */
    fun <T> run(body: suspend RetryQueue.() -> T): T = time.awaitOrCancel(future(body))

    /**
     * The result of [body], however it ends, also by the end of the queue; cancelling it cancels [body]. It starts on this thread, which
     * determines which handler is calling.
     */
    fun <T> future(body: suspend RetryQueue.() -> T): CompletableFuture<T> {
        val future = CompletableFuture<T>()
        val job =
            waits.launch(start = CoroutineStart.UNDISPATCHED) {
                try {
                    currentCoroutineContext().ensureActive()
                    future.complete(queue.body())
                } catch (e: Throwable) {
                    val isEnd = waiting.isCancelled && e is CancellationException
                    future.completeExceptionally(if (isEnd) QueueClosedException.afterShutdown() else e)
                }
            }
        future.whenComplete { _, _ -> if (future.isCancelled) job.cancel() }
        return future
    }

    fun stopWorking(grace: JavaDuration) = end({}) { queue.stopWorking(grace.toKotlinDuration()) }

    /** Returns when nothing of the queue runs. An interruption does not shorten this, but ends the grace. */
    fun close(grace: JavaDuration) = end(engine::cancel) { shutdown(grace.toKotlinDuration()) }

    private fun end(
        onInterrupt: () -> Unit,
        steps: suspend () -> Unit,
    ) {
        val ended = CompletableFuture<Unit>()
        CoroutineScope(time.dispatcher).launch {
            try {
                steps()
                ended.complete(Unit)
            } catch (e: Throwable) {
                ended.completeExceptionally(e)
            }
        }
        time.awaitAll(ended, onInterrupt)
    }

    private suspend fun shutdown(grace: Duration) {
        queue.shutdown(grace)
        if (!isClosed.compareAndSet(false, true)) return waiting.join()
        withTimeoutOrNull(LAST_WAIT) { waiting.cancelAndJoin() }
        if (ownsStore) withContext(apart) { store.close() }
    }

    private companion object {
        /** How long invocations can take to end after their cancellation. */
        val LAST_WAIT = 10.seconds
    }
}

/**
 * Runs [question] on this thread, until it moves to another one.
 *
 * There is no dispatcher unless [context] has one. `Unconfined` would only queue a question inside another one, from an option
 * or a codec, behind the outer one on this thread, which then waits for it without end.
 */
internal fun <T> QueueTime.ask(
    context: CoroutineContext = EmptyCoroutineContext,
    question: suspend () -> T,
): T {
    val response = CompletableFuture<T>()
    question.startCoroutine(Continuation(context) { result -> result.fold(response::complete, response::completeExceptionally) })
    return awaitAll(response) {}
}
