package dev.reprise.run

import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors
import java.util.concurrent.ScheduledThreadPoolExecutor
import java.util.concurrent.ThreadFactory
import java.util.concurrent.TimeUnit
import java.util.concurrent.locks.LockSupport
import java.util.function.BooleanSupplier

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
