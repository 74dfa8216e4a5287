package dev.reprise.internal.engine

import dev.reprise.internal.util.onCancellation
import dev.reprise.internal.util.runLogged
import dev.reprise.run.StopSignal
import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.CompletionHandler
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
     * being cancelled counts already. What [action] throws is logged, because the job can belong to other code.
     */
    fun onTrigger(action: () -> Unit): AutoCloseable {
        val logged = { runLogged({ "stopping a run" }, action) }
        if (signal == null) return job.onCancellation(logged)
        val handle = job.invokeOnCompletion { logged() }
        return AutoCloseable { handle.dispose() }
    }
}

/** Suspends until one of the stops is triggered; without limit if there is none. */
internal suspend fun List<StopCondition>.awaitAny(): Any? = suspendCancellableCoroutine<Any?> { StopWait(it).start(this) }

/** One wait for stops; small, because a hundred thousand of them can be alive. */
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
        // A stop that was triggered during the registration found no handles to close.
        if (hasEnded != 0) close()
    }

    /** A stop is triggered. */
    override fun invoke() {
        if (!HAS_ENDED.compareAndSet(this, 0, 1)) return
        waiting.resume(Unit)
        close()
    }

    /** The wait is cancelled, or its time is over. */
    override fun invoke(cause: Throwable?): Unit = close()

    private fun close() = handles.forEach { it.close() }

    private companion object {
        val HAS_ENDED: AtomicIntegerFieldUpdater<StopWait> = AtomicIntegerFieldUpdater.newUpdater(StopWait::class.java, "hasEnded")
    }
}
