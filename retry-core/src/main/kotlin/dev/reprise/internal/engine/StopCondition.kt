package dev.reprise.internal.engine

import dev.reprise.run.StopSignal
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.CompletionHandler
import kotlinx.coroutines.InternalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.suspendCancellableCoroutine
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.coroutines.resume

/**
 * One `stopWhen`: a job that stops a run when it completes or is cancelled, and the time a running attempt is given then, in
 * nanoseconds.
 */
internal class StopCondition(
    val job: Job,
    val signal: StopSignal?,
    val graceNanos: Long,
) {
    val isTriggered: Boolean get() = job.isCompleted || job.isCancelled

    /**
     * Calls [action] once, when the signal is given or at once if it was; closing the answer takes it back. A job that is only being
     * cancelled counts already.
     */
    @OptIn(InternalCoroutinesApi::class)
    fun onTrigger(action: () -> Unit): AutoCloseable {
        val handle = job.invokeOnCompletion(onCancelling = true, invokeImmediately = true) { action() }
        return AutoCloseable { handle.dispose() }
    }
}

/** Suspends until one of the stops is given; for ever if there is none. */
internal suspend fun List<StopCondition>.awaitAny(): Any? = suspendCancellableCoroutine<Any?> { StopWait(it).begin(this) }

/** One wait for stops; a class of its own because a hundred thousand of them may be alive. */
private class StopWait(
    private val waiting: CancellableContinuation<Any?>,
) : AtomicBoolean(),
    () -> Unit,
    CompletionHandler {
    @Volatile
    private var handles: List<AutoCloseable> = emptyList()

    fun begin(stops: List<StopCondition>) {
        handles = stops.map { it.onTrigger(this) }
        waiting.invokeOnCancellation(this)
        // One that was given meanwhile found no handles to take back.
        if (get()) close()
    }

    /** A stop is given. */
    override fun invoke() {
        if (!compareAndSet(false, true)) return
        waiting.resume(Unit)
        close()
    }

    /** The wait is cancelled, or over by time. */
    override fun invoke(cause: Throwable?): Unit = close()

    private fun close() = handles.forEach { it.close() }
}
