package dev.reprise.run

import dev.reprise.internal.util.DaemonThreads
import dev.reprise.internal.util.onCancellation
import kotlinx.coroutines.CompletableJob
import kotlinx.coroutines.Job
import java.util.concurrent.atomic.AtomicReference
import java.util.concurrent.locks.ReentrantLock
import kotlin.concurrent.withLock
import kotlin.time.Duration
import kotlin.time.toKotlinDuration

/**
 * Stops any number of runs: a delay ends now, a running attempt can finish. Thread-safe; a signal is triggered once and
 * stays triggered.
 *
 * Stopping is not cancelling: a stopped run throws its last failure (`StopReason.STOPPED`), and an attempt that succeeds still counts.
 */
public class StopSignal {
    /** What runs listen to. No other code sees it, so it has no children and completes immediately. */
    internal val triggered: CompletableJob = Job()

    private val completable: CompletableJob = Job()
    private val stopReason = AtomicReference<String?>()

    private val lock = ReentrantLock()
    private val lastRunEnded = lock.newCondition()
    private var runs = 0

    init {
        completable.onCancellation { triggered.complete() }
    }

    /**
     * The signal as a job, which completes when the signal is triggered. Coroutines that are launched as its children are not cancelled by
     * that; the job waits for them, the runs that listen to the signal do not. Cancelling the job triggers the signal.
     */
    public val job: Job get() = completable

    /** True once [stop] was called. */
    public val isStopped: Boolean get() = triggered.isCompleted

    /** The reason that [stop] was called with; null before that. */
    public val reason: String? get() = stopReason.get()

    /**
     * Triggers the signal; returns false if it was triggered before. [reason] is for people: it is in the text of [RetryStoppedException].
     *
     * Waiting futures end on the calling thread, with their listeners, dependent stages and, where their executor runs tasks immediately,
     * bodies of other runs: call it on a thread that can block.
     */
    @JvmOverloads
    public fun stop(reason: String = "stop was requested"): Boolean {
        stopReason.compareAndSet(null, reason)
        return triggered.complete().also { completable.complete() }
    }

    override fun toString(): String = reason?.let { "StopSignal(stopped: $it)" } ?: "StopSignal(not stopped)"

    internal fun runStarted(): Unit = lock.withLock { runs++ }

    internal fun runEnded(): Unit = lock.withLock { if (--runs == 0) lastRunEnded.signalAll() }

    /** Waits until no run listens to the signal; false if [limit] passes before that. */
    internal fun awaitRuns(limit: Duration): Boolean =
        lock.withLock {
            var left = limit.inWholeNanoseconds
            while (runs > 0 && left > 0) left = lastRunEnded.awaitNanos(left)
            runs == 0
        }

    public companion object {
        /** A signal that is triggered when the JVM begins to shut down (SIGTERM, SIGINT, `System.exit`). The JVM does not wait for runs. */
        @JvmStatic
        public fun onShutdown(): StopSignal = onShutdown(Duration.ZERO)

        /** [onShutdown] for Java. */
        @JvmStatic
        public fun onShutdown(await: java.time.Duration): StopSignal = onShutdown(await.toKotlinDuration())

        /**
         * A signal that is triggered when the JVM begins to shut down (SIGTERM, SIGINT, `System.exit`). The JVM then waits until every run
         * that listens to the signal has ended, but at most [await]. The program has to wait for what it does after its run.
         *
         * Each signal is kept until then: create one for the program. While the JVM shuts down, the result has already been triggered.
         *
         * @throws IllegalArgumentException if [await] is negative.
         */
        @JvmSynthetic
        public fun onShutdown(await: Duration): StopSignal {
            require(!await.isNegative()) { "await must not be negative, but was $await; zero does not wait" }
            val signal = StopSignal()
            val stop =
                Runnable {
                    signal.stop("the JVM shuts down")
                    signal.awaitRuns(await)
                }
            try {
                Runtime.getRuntime().addShutdownHook(hooks.newThread(stop))
            } catch (_: IllegalStateException) {
                // Too late for a hook, and the right time for the signal.
                signal.stop("the JVM shuts down")
            }
            return signal
        }

        private val hooks = DaemonThreads("reprise-shutdown")
    }
}
