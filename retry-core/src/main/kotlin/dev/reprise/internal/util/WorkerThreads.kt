package dev.reprise.internal.util

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.asCoroutineDispatcher
import java.util.concurrent.Executor
import java.util.concurrent.locks.LockSupport
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * Creates a dispatcher with at most [count] daemon threads, which start on demand and end after ten idle seconds, so that it needs no
 * closing. User code never runs on them, and so cannot keep them busy. A view of `Dispatchers.IO` would be shorter, but its binary form
 * differs between the versions of coroutines that we support.
 */
internal fun workerThreads(
    name: String,
    count: Int,
): CoroutineDispatcher = WorkerThreads(name, count).asCoroutineDispatcher()

/**
 * Runs tasks in their order on at most [most] threads. Of idle threads, the one that was busy last takes the next task, so that tasks that come one
 * after the other use one thread, and the one connection that a pool keeps for it. A `ThreadPoolExecutor` takes the one that was idle for
 * longest, and so goes round all of its threads and, with them, all connections of a pool.
 */
internal class WorkerThreads(
    name: String,
    private val most: Int,
    private val longestIdle: Duration = 10.seconds,
) : Executor {
    private val factory = DaemonThreads("reprise-$name")
    private val waiting = ArrayDeque<Runnable>()
    private val idle = ArrayDeque<Worker>()
    private var threads = 0

    override fun execute(task: Runnable) {
        val worker = synchronized(this) { taker(task) }
        if (worker != null) LockSupport.unpark(worker.thread)
    }

    /** The idle worker that now has [task]; null if a new thread has it, or if it waits. */
    private fun taker(task: Runnable): Worker? {
        val worker = idle.removeLastOrNull()
        when {
            worker != null -> worker.task = task
            threads < most -> start(task)
            else -> waiting += task
        }
        return worker
    }

    private fun start(task: Runnable) {
        try {
            factory.newThread(Worker(task)).start()
            threads++
        } catch (e: OutOfMemoryError) {
            // The system has no thread left: those that there are do it.
            if (threads == 0) throw e
            waiting += task
        }
    }

    private inner class Worker(
        @Volatile var task: Runnable?,
    ) : Runnable {
        lateinit var thread: Thread

        override fun run() {
            thread = Thread.currentThread()
            do {
                task?.let(::perform)
            } while (hasNext())
        }

        private fun perform(task: Runnable) {
            try {
                task.run()
            } catch (e: Throwable) {
                // A handler of the application can throw too.
                runCatching { thread.uncaughtExceptionHandler.uncaughtException(thread, e) }
            }
        }

        /** Waits for the next [task]; false if there was none for too long. */
        private fun hasNext(): Boolean {
            synchronized(this@WorkerThreads) {
                task = waiting.removeFirstOrNull()
                if (task == null) idle += this
            }
            val end = System.nanoTime() + longestIdle.inWholeNanoseconds
            while (task == null) {
                // Left over from the last task; with it, no wait would last.
                Thread.interrupted()
                val left = end - System.nanoTime()
                if (left <= 0 && ends()) return false
                if (left > 0) LockSupport.parkNanos(this@WorkerThreads, left)
            }
            return true
        }

        private fun ends(): Boolean = synchronized(this@WorkerThreads) { idle.remove(this).also { if (it) threads-- } }
    }
}
