package dev.reprise.internal.engine

import dev.reprise.internal.util.runLogged
import dev.reprise.run.StopSignal
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.CompletionHandler
import kotlinx.coroutines.InternalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.suspendCancellableCoroutine
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater
import kotlin.coroutines.resume

/**
 * One `stopWhen`: a job that stops a run when it completes or is cancelled, and the time that a running attempt then has, in nanoseconds.
 */
internal class StopCondition(
    val job: Job,
    val signal: StopSignal?,
    val graceNanos: Long,
) {
    val isTriggered: Boolean get() = job.isCompleted || job.isCancelled

    /**
     * Calls [action] once, when the signal is triggered, or immediately if it was; closing the result unregisters it. A job that is only
     * being cancelled counts already. What [action] throws is logged: the job may belong to anybody.
     */
    @OptIn(InternalCoroutinesApi::class)
    fun onTrigger(action: () -> Unit): AutoCloseable {
        val handle = job.invokeOnCompletion(onCancelling = true, invokeImmediately = true) { runLogged({ "stopping a run" }, action) }
        return AutoCloseable { handle.dispose() }
    }
}

/** Suspends until one of the stops is triggered; without limit if there is none. */
internal suspend fun List<StopCondition>.awaitAny(): Any? = suspendCancellableCoroutine<Any?> { StopWait(it).start(this) }

/** One wait for stops; small, because a hundred thousand of them may be alive. */
private class StopWait(
    private val waiting: CancellableContinuation<Any?>,
) : () -> Unit,
    CompletionHandler {
    @Volatile
    private var hasEnded = 0

    @Volatile
    private var handles: List<AutoCloseable> = emptyList()

    fun start(stops: List<StopCondition>) {
        handles = stops.map { it.onTrigger(this) }
        waiting.invokeOnCancellation(this)
        // A stop that was triggered meanwhile found no handles to close.
        if (hasEnded != 0) close()
    }

    /** A stop is triggered. */
    override fun invoke() {
        if (!HAS_ENDED.compareAndSet(this, 0, 1)) return
        waiting.resume(Unit)
        close()
    }

    /** The wait is cancelled, or over by time. */
    override fun invoke(cause: Throwable?): Unit = close()

    private fun close() = handles.forEach { it.close() }

    private companion object {
        val HAS_ENDED: AtomicIntegerFieldUpdater<StopWait> = AtomicIntegerFieldUpdater.newUpdater(StopWait::class.java, "hasEnded")
    }
}
