package dev.reprise.engine

import java.util.concurrent.Executor
import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors
import java.util.concurrent.ScheduledThreadPoolExecutor
import java.util.concurrent.ThreadFactory
import java.util.concurrent.TimeUnit
import java.util.concurrent.locks.LockSupport
import java.util.function.BooleanSupplier

/**
 * How the blocking and the future runner wait. The suspending runner and flows wait through the `Delay` of their coroutine instead.
 *
 * A test replaces it to move time by hand; it then hands in a `TimeSource` of the same time as well.
 */
public interface RetryTimer {
    /**
     * Runs [action] after [delayNanos] nanoseconds, on a thread that may block. Closing the answer takes the action off the timer; it
     * never throws.
     */
    public fun schedule(
        delayNanos: Long,
        action: Runnable,
    ): AutoCloseable

    /**
     * Blocks the calling thread for [nanos] nanoseconds, or until it is unparked and [isWoken] holds.
     *
     * @throws InterruptedException if the thread is interrupted.
     */
    @Throws(InterruptedException::class)
    public fun sleep(
        nanos: Long,
        isWoken: BooleanSupplier,
    )

    public companion object {
        /**
         * Real time. One daemon thread for all timers of the JVM; it only hands over to [workers], so an action that blocks delays no
         * other.
         */
        @JvmStatic
        public val system: RetryTimer get() = SystemTimer

        /**
         * Where attempts of futures run if no executor is given: daemon threads, made when needed, gone after a minute of idleness.
         * They do not keep the JVM alive.
         */
        @JvmStatic
        public val workers: Executor get() = SystemTimer.workers
    }
}

internal object SystemTimer : RetryTimer {
    val workers: ExecutorService by lazy { Executors.newCachedThreadPool(daemons("reprise-worker")) }

    private val scheduler by lazy { ScheduledThreadPoolExecutor(1, daemons("reprise-timer")).apply { removeOnCancelPolicy = true } }

    override fun schedule(
        delayNanos: Long,
        action: Runnable,
    ): AutoCloseable {
        val task = scheduler.schedule({ workers.execute(action) }, delayNanos, TimeUnit.NANOSECONDS)
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

    private fun daemons(name: String) = ThreadFactory { task -> Thread(task, name).apply { isDaemon = true } }
}
