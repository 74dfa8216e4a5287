package dev.reprise.interop.internal

import dev.reprise.interop.testing.VirtualTime
import dev.reprise.queue.spi.CallClock
import dev.reprise.run.RetryTimer
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.asCoroutineDispatcher
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executor

/** The time of a queue or of a runner of workflows, and the threads. */
internal interface QueueTime {
    /** Runs the queue or the workflow itself, and no user code that can block. */
    val dispatcher: CoroutineDispatcher

    /** Runs handlers if no executor is configured. */
    val executor: Executor

    /** Where futures wait and complete; their dependent stages can block it. */
    val futures: CoroutineDispatcher

    /** The clock of a store in memory. */
    val clock: CallClock

    /** Blocks until [future] is complete. @throws Exception its failure unchanged, or an interruption. */
    fun <T> await(future: CompletableFuture<T>): T

    /** The same; an interruption cancels [future]. */
    fun <T> awaitOrCancel(future: CompletableFuture<T>): T =
        try {
            await(future)
        } catch (e: InterruptedException) {
            future.cancel(true)
            throw e
        }

    /** The same without interruption: [onInterrupt] is called, and the flag is set at the end. */
    fun <T> awaitAll(
        future: CompletableFuture<T>,
        onInterrupt: () -> Unit,
    ): T {
        var interrupted = false
        try {
            while (true) {
                // Read before the wait: a future that completes while this thread is interrupted has a result too.
                val wasDone = future.isDone
                try {
                    return await(future)
                } catch (e: InterruptedException) {
                    if (wasDone) throw e
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
    /** Not [kotlinx.coroutines.Dispatchers.Default]: code of the application can block all its threads. */
    override val dispatcher: CoroutineDispatcher = apart()
    override val executor: Executor get() = RetryTimer.workers

    override val futures: CoroutineDispatcher = apart()
    override val clock: CallClock get() = CallClock.system

    override fun <T> await(future: CompletableFuture<T>): T =
        try {
            future.get()
        } catch (e: ExecutionException) {
            throw e.cause ?: e
        }

    /** Equal to no other dispatcher on these threads: a coroutine that starts on the thread of a caller would run handlers there too. */
    private fun apart() = Executor { RetryTimer.workers.execute(it) }.asCoroutineDispatcher()
}

/** Waiting moves the clock. A separate class, because `kotlinx-coroutines-test` is optional. */
internal class TestTime(
    private val time: VirtualTime,
) : QueueTime {
    override val dispatcher: CoroutineDispatcher = time.executor().asCoroutineDispatcher()
    override val executor: Executor = time.executor()
    override val futures: CoroutineDispatcher get() = dispatcher
    override val clock: CallClock = CallClock { time.elapsed().toMillis() }

    override fun <T> await(future: CompletableFuture<T>): T = time.await(future)
}
