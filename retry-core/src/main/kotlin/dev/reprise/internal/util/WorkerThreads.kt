package dev.reprise.internal.util

import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.asCoroutineDispatcher
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.ThreadPoolExecutor
import java.util.concurrent.TimeUnit

/**
 * Creates a dispatcher with at most [count] daemon threads, which start on demand and end after ten idle seconds, so that it needs no
 * closing. User code never runs on them, and so cannot keep them busy. A view of `Dispatchers.IO` would be shorter, but its binary form
 * differs between the versions of coroutines that we support.
 */
internal fun workerThreads(
    name: String,
    count: Int,
): CoroutineDispatcher =
    ThreadPoolExecutor(count, count, IDLE_SECONDS, TimeUnit.SECONDS, LinkedBlockingQueue(), DaemonThreads("reprise-$name"))
        .apply { allowCoreThreadTimeOut(true) }
        .asCoroutineDispatcher()

private const val IDLE_SECONDS = 10L
