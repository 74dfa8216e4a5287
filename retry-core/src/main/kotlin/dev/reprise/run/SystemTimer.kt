package dev.reprise.run

import dev.reprise.internal.util.DaemonThreads
import dev.reprise.internal.util.runLogged
import dev.reprise.internal.util.warn
import dev.reprise.policy.RepriseSpi
import java.util.concurrent.Executor
import java.util.concurrent.Executors
import java.util.concurrent.ScheduledThreadPoolExecutor
import java.util.concurrent.ThreadFactory
import java.util.concurrent.TimeUnit
import java.util.concurrent.locks.LockSupport
import java.util.function.BooleanSupplier

/** Waits in real time. [threadsOf] creates the threads of a name; a process can be unable to create any for a moment. */
@OptIn(RepriseSpi::class)
internal class SystemTimer(
    threadsOf: (String) -> ThreadFactory,
) : RetryTimer {
    private val pool by lazy { Executors.newCachedThreadPool(threadsOf("reprise-worker")) }

    private val scheduler by lazy { ScheduledThreadPoolExecutor(1, threadsOf("reprise-timer")).apply { removeOnCancelPolicy = true } }

    /** Runs a task as soon as there is a thread for it. */
    val workers: Executor = Executor { task -> execute(task) }

    override fun schedule(
        delayNanos: Long,
        action: Runnable,
    ): AutoCloseable {
        val task = scheduler.schedule({ handOver(action) }, delayNanos, TimeUnit.NANOSECONDS)
        return AutoCloseable { task.cancel(false) }
    }

    override fun sleep(
        nanos: Long,
        isWoken: BooleanSupplier,
    ) {
        val end = System.nanoTime() + nanos
        while (!isWoken.asBoolean) {
            if (Thread.interrupted()) throw InterruptedException("interrupted while waiting for the next attempt")
            val left = end - System.nanoTime()
            if (left <= 0) return
            LockSupport.parkNanos(this, left)
        }
    }

    /** An action ends the delay of a run or cancels its attempt: better on the thread of the timer than never. */
    private fun handOver(action: Runnable) {
        try {
            pool.execute(action)
        } catch (e: Throwable) {
            warn("no thread for a timer that is due; it runs on the timer's own thread", e)
            runLogged({ "an action of the timer" }) { action.run() }
        }
    }

    /** A task is the body of an attempt, which can block: it must not run on the thread of the timer. */
    private fun execute(task: Runnable) {
        try {
            pool.execute(task)
        } catch (e: Throwable) {
            warn("no thread for an attempt; trying again in $PAUSE_MILLIS ms", e)
            scheduler.schedule({ execute(task) }, PAUSE_MILLIS, TimeUnit.MILLISECONDS)
        }
    }

    companion object {
        private const val PAUSE_MILLIS = 50L

        val instance: SystemTimer = SystemTimer(::DaemonThreads)
    }
}
