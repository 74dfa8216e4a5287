package dev.reprise.engine

import kotlinx.coroutines.CancellableContinuation
import kotlinx.coroutines.CompletableJob
import kotlinx.coroutines.CompletionHandler
import kotlinx.coroutines.Job
import kotlinx.coroutines.suspendCancellableCoroutine
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicReference
import kotlin.coroutines.Continuation
import kotlin.coroutines.resume
import kotlin.coroutines.startCoroutine

/**
 * Tells any number of runs to stop: one that waits ends now, one that is in an attempt may finish it. Thread-safe; a signal is given
 * once and stays given.
 *
 * Stopping is not cancelling: a stopped run throws its last failure (`StopReason.STOPPED`), and an attempt that succeeds still counts.
 */
public class StopSignal {
    /** What runs listen to. Nobody else sees it, so it has no children and completes at once. */
    internal val told: CompletableJob = Job()

    private val completable: CompletableJob = Job()
    private val given = AtomicReference<String?>()

    init {
        completable.onCancellation { told.complete() }
    }

    /**
     * The signal as a job: it completes when the signal is given. Coroutines that are launched as its children are not cancelled by that;
     * the job waits for them, the runs that listen to the signal do not. Cancelling the job gives the signal.
     */
    public val job: Job get() = completable

    /** True once [stop] was called. */
    public val isStopped: Boolean get() = told.isCompleted

    /** What [stop] was told; null before that. */
    public val reason: String? get() = given.get()

    /** Gives the signal; returns false if it was given before. [reason] is for people: it stands in the text of [RetryStoppedException]. */
    @JvmOverloads
    public fun stop(reason: String = "stop was asked for"): Boolean {
        given.compareAndSet(null, reason)
        return told.complete().also { completable.complete() }
    }

    override fun toString(): String = reason?.let { "StopSignal(stopped: $it)" } ?: "StopSignal(not stopped)"

    public companion object {
        /**
         * A signal that is given when the JVM begins to shut down (SIGTERM, SIGINT, `System.exit`).
         *
         * The JVM does not wait for runs: a service that wants its attempts to finish joins them in a shutdown hook of its own. Each signal
         * is kept until then: make one for the program. While the JVM shuts down it is one that has been given.
         */
        @JvmStatic
        public fun onShutdown(): StopSignal {
            val signal = StopSignal()
            val give = Thread({ signal.stop("the JVM shuts down") }, "reprise-shutdown")
            try {
                Runtime.getRuntime().addShutdownHook(give)
            } catch (e: IllegalStateException) {
                // Too late for a hook, and the right time for the signal.
                give.run()
            }
            return signal
        }
    }
}

/**
 * One `stopWhen`: a job that stops a run when it completes or is cancelled, and the time a running attempt is given then, in
 * nanoseconds.
 */
internal class Stop(
    val job: Job,
    val signal: StopSignal?,
    val graceNanos: Long,
) {
    val isGiven: Boolean get() = job.isCompleted || job.isCancelled

    /**
     * Calls [action] once, when the signal is given or at once if it was; closing the answer takes it back. A job that is only being
     * cancelled counts already.
     */
    fun onGiven(action: () -> Unit): AutoCloseable {
        if (signal == null) return job.onCancellation(action)
        val handle = job.invokeOnCompletion { action() }
        return AutoCloseable { handle.dispose() }
    }
}

/**
 * Calls [action] once, when the job is cancelled or completes; closing the answer takes it back.
 *
 * `invokeOnCompletion` calls only when the children of a cancelled job have ended, and a run that listens may be one of them. A suspended
 * coroutine of the job is cancelled at once, and the job does not wait for it as for a child.
 */
private fun Job.onCancellation(action: () -> Unit): AutoCloseable {
    val isOver = AtomicBoolean()
    lateinit var waiting: CancellableContinuation<Unit>
    val wait: suspend () -> Unit = {
        suspendCancellableCoroutine { continuation ->
            waiting = continuation
            continuation.invokeOnCancellation { if (isOver.compareAndSet(false, true)) action() }
        }
    }
    wait.startCoroutine(Continuation(this) {})
    return AutoCloseable {
        isOver.set(true)
        waiting.cancel()
    }
}

/** Suspends until one of the stops is given; for ever if there is none. */
internal suspend fun List<Stop>.awaitAny(): Any? = suspendCancellableCoroutine<Any?> { StopWait(it).begin(this) }

/** One wait for stops; a class of its own because a hundred thousand of them may be alive. */
private class StopWait(
    private val waiting: CancellableContinuation<Any?>,
) : AtomicBoolean(),
    () -> Unit,
    CompletionHandler {
    @Volatile
    private var handles: List<AutoCloseable> = emptyList()

    fun begin(stops: List<Stop>) {
        handles = stops.map { it.onGiven(this) }
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
