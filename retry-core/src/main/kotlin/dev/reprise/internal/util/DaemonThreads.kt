package dev.reprise.internal.util

import java.util.concurrent.ThreadFactory
import java.util.concurrent.atomic.AtomicInteger

/**
 * Creates daemon threads with numbered names. They live longer than the code that happens to need the first of them, so they inherit
 * nothing from its thread: neither thread locals nor a class loader.
 */
internal class DaemonThreads(
    private val name: String,
) : ThreadFactory {
    private val count = AtomicInteger()

    override fun newThread(task: Runnable): Thread =
        Thread(null, task, "$name-${count.incrementAndGet()}", 0, false).apply {
            isDaemon = true
            priority = Thread.NORM_PRIORITY
            contextClassLoader = DaemonThreads::class.java.classLoader
        }
}
