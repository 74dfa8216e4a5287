package dev.reprise.run

import dev.reprise.internal.util.onCancellation
import kotlinx.coroutines.CompletableJob
import kotlinx.coroutines.Job
import java.util.concurrent.atomic.AtomicReference

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
