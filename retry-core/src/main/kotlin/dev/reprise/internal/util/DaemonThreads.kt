@file:Suppress("DEPRECATION")

package dev.reprise.internal.util

import java.security.AccessController
import java.security.PrivilegedAction
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

    /**
     * A thread keeps the protection domains, and so the class loaders, of the code on the stack that creates it. A privileged action hides
     * that stack; newer JDKs keep nothing.
     */
    override fun newThread(task: Runnable): Thread = AccessController.doPrivileged(PrivilegedAction { detached(task) })

    private fun detached(task: Runnable): Thread =
        Thread(null, task, "$name-${count.incrementAndGet()}", 0, false).apply {
            isDaemon = true
            priority = Thread.NORM_PRIORITY
            contextClassLoader = DaemonThreads::class.java.classLoader
        }
}
