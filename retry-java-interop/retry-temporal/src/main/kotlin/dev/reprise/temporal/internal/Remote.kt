package dev.reprise.temporal.internal

import dev.reprise.queue.model.StoreUnavailableException
import io.grpc.StatusRuntimeException
import io.temporal.client.WorkflowServiceException
import kotlinx.coroutines.CoroutineDispatcher
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.runInterruptible
import java.util.concurrent.Executors

/**
 * Waits block threads of their own: the futures of the SDK do not let the time of a test pass. The threads outlive the code that needed them
 * first, and inherit nothing.
 */
internal val waits = Executors.newCachedThreadPool(::waitingThread).asCoroutineDispatcher()

private fun waitingThread(wait: Runnable) =
    Thread(null, wait, "reprise-temporal-wait", 0, false).apply {
        isDaemon = true
        contextClassLoader = WaitingFutures::class.java.classLoader
    }

/** Calls the server on a thread that may block. What it cannot do for now is an outage of the store. */
internal suspend fun <T> remote(
    threads: CoroutineDispatcher = Dispatchers.IO,
    call: () -> T,
): T =
    try {
        runInterruptible(threads) { call() }
    } catch (e: WorkflowServiceException) {
        throw unavailable(e.cause?.message ?: e.message, e)
    } catch (e: StatusRuntimeException) {
        throw unavailable(e.status.toString(), e)
    }

/** An interrupted call fails as well: then the coroutine was cancelled. */
private suspend fun unavailable(
    what: String?,
    failure: Exception,
): StoreUnavailableException {
    currentCoroutineContext().ensureActive()
    return StoreUnavailableException("Temporal does not answer: $what", failure)
}
