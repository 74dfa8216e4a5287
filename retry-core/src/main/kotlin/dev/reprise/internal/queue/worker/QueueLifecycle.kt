package dev.reprise.internal.queue.worker

import dev.reprise.internal.queue.CurrentCall
import dev.reprise.internal.queue.Deadline
import dev.reprise.internal.queue.QueueSettings
import dev.reprise.internal.queue.events.QueueEvents
import dev.reprise.internal.util.workerThreads
import dev.reprise.queue.model.CallQueue
import dev.reprise.queue.model.QueueClosedException
import dev.reprise.queue.model.requireKey
import dev.reprise.queue.spi.CallStore
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.async
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.util.concurrent.atomic.AtomicReference
import kotlin.time.Duration

/** Whether a queue is started, running or shut down, and its worker. */
internal class QueueLifecycle(
    private val settings: QueueSettings,
    private val store: CallStore,
    private val ownsStore: Boolean,
    private val events: QueueEvents,
) {
    val endings = CompletionWaiters(store)
    val futures = CompletionFutures(store, settings.futureContext)
    private val current = AtomicReference<QueueWorker?>()

    @Volatile
    private var job: Job? = null

    @Volatile
    private var isShutDown = false

    /** True from [stopWorking] to the next start: calls are accepted, and run in other processes. */
    @Volatile
    private var isIdle = false

    /** The worker; null before the start. */
    val worker: QueueWorker? get() = current.get()

    /** True while the background of the worker exists. */
    val isActive: Boolean get() = job?.isActive == true

    /** @throws QueueClosedException if the queue was shut down; handlers that still run, like the [caller], can use it during the grace. */
    fun requireOpen(caller: CurrentCall?) {
        val isClosed = isShutDown || (worker?.isStopping == true && !isIdle)
        if (!isClosed || (caller != null && isActive)) return
        throw QueueClosedException.afterShutdown()
    }

    /** The worker, for [caller]. @throws QueueClosedException if the queue does not run. */
    fun requireWorker(caller: CurrentCall?): QueueWorker {
        requireOpen(caller)
        val isWorking = !isIdle || (caller != null && isActive)
        return worker?.takeIf { isWorking } ?: throw QueueClosedException("the queue is not running: start it first")
    }

    suspend fun start(
        queue: CallQueue,
        scope: CoroutineScope,
    ): Job {
        requireOpen(caller = null)
        val started = QueueWorker(queue, settings, store, endings, events)
        val before = current.get()
        val isRunning = before != null && (!isIdle || isActive)
        if (isRunning || !current.compareAndSet(before, started)) throw QueueClosedException("the queue is started already")
        try {
            store.open()
        } catch (e: Throwable) {
            current.set(before)
            throw e
        }
        isIdle = false
        return scope.launch(started.threads) { started.run(scope.coroutineContext) }.also { job = it }
    }

    /** Pauses [lane] in all processes, here at once, or resumes it. */
    suspend fun pause(
        lane: String,
        isPaused: Boolean,
        by: String? = null,
    ) {
        store.pause(requireKey("the name of a lane", lane), isPaused, by)
        if (isPaused) worker?.paused(lane)
        events.laneChanged(lane, isPaused)
    }

    suspend fun stopWorking(grace: Duration) {
        requireGrace(grace)
        if (worker?.isStopping == false) isIdle = true
        worker?.stop(grace)
        job?.join()
    }

    suspend fun shutdown(grace: Duration) {
        requireGrace(grace)
        isShutDown = true
        val deadline = Deadline(store.clock, if (worker == null) Duration.ZERO else grace)
        stopWorking(grace)
        deadline.await { futures.close() }
        if (ownsStore) closeStore(deadline)
    }

    private fun requireGrace(grace: Duration) =
        require(!grace.isNegative()) { "grace must not be negative, but was $grace; zero cancels running handlers immediately" }

    /** Closing waits for statements that are running, so it needs a thread that can be left behind. */
    private suspend fun closeStore(deadline: Deadline) {
        val closing = CoroutineScope(workerThreads("close", 1)).async { store.close() }
        // Not on the dispatcher of the caller: its time can be virtual, and that of a database is not.
        withContext(Dispatchers.Unconfined) { deadline.await { closing.await() } }
    }
}
