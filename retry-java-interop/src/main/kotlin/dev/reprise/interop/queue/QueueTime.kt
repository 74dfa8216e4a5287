package dev.reprise.interop.queue

import dev.reprise.interop.testing.VirtualTime
import dev.reprise.queue.spi.CallClock
import dev.reprise.run.RetryTimer
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.test.StandardTestDispatcher
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executor

/** The time a queue lives in, and the threads that go with it. */
internal interface QueueTime {
    /** Runs the queue itself; nothing of a user's that may block comes here. */
    val dispatcher: CoroutineDispatcher

    /** Runs handlers if the builder is given no executor. */
    val executor: Executor

    /** Completes futures, and so runs what callers hang on them. It never rejects. */
    val completer: Executor

    /** The clock of a store in memory. */
    val clock: CallClock

    /** Blocks until [future] is complete. @throws Exception its failure as it is, or an interruption. */
    fun <T> await(future: CompletableFuture<T>): T

    /** The same for what has to be waited for: an interruption is told to [onInterrupt] and kept for later. */
    fun <T> awaitAll(
        future: CompletableFuture<T>,
        onInterrupt: () -> Unit,
    ): T {
        var interrupted = false
        try {
            while (true) {
                // Asked before the wait: a future that completes while this thread is interrupted has an answer too.
                val isAnswer = future.isDone
                try {
                    return await(future)
                } catch (e: InterruptedException) {
                    if (isAnswer) throw e
                    interrupted = true
                    onInterrupt()
                }
            }
        } finally {
            if (interrupted) Thread.currentThread().interrupt()
        }
    }
}

internal object RealTime : QueueTime {
    override val dispatcher: CoroutineDispatcher get() = Dispatchers.Default
    override val executor: Executor get() = RetryTimer.workers
    override val completer: Executor get() = RetryTimer.workers
    override val clock: CallClock get() = CallClock.system

    override fun <T> await(future: CompletableFuture<T>): T =
        try {
            future.get()
        } catch (e: ExecutionException) {
            throw e.cause ?: e
        }
}

/** Whoever waits moves the clock. Its own class, because `kotlinx-coroutines-test` may be missing. */
internal class TestTime(
    private val time: VirtualTime,
) : QueueTime {
    override val dispatcher: CoroutineDispatcher = StandardTestDispatcher(time.scheduler())
    override val executor: Executor = time.executor()
    override val completer: Executor = Executor(Runnable::run)
    override val clock: CallClock = CallClock { time.elapsed().toMillis() }

    override fun <T> await(future: CompletableFuture<T>): T = time.await(future)
}
