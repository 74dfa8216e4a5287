package dev.reprise.run

import dev.reprise.policy.RepriseSpi
import java.util.concurrent.Executor
import java.util.function.BooleanSupplier
import kotlin.time.AbstractLongTimeSource
import kotlin.time.DurationUnit
import kotlin.time.TimeSource

/**
 * How the blocking and the future runner wait. The suspending runner and flows wait through the `Delay` of their coroutine instead.
 *
 * A test replaces it to move time by hand; it then also sets a `TimeSource` of the same time.
 */
@SubclassOptInRequired(RepriseSpi::class)
public interface RetryTimer {
    /**
     * Runs [action] after [delayNanos] nanoseconds, on a thread that can block. Closing the result removes the action from the timer; it
     * never throws.
     */
    public fun schedule(
        delayNanos: Long,
        action: Runnable,
    ): AutoCloseable

    /**
     * Blocks the calling thread for [nanos] nanoseconds, or until it is unparked and [isWoken] holds.
     *
     * @throws InterruptedException if the thread is interrupted.
     */
    @Throws(InterruptedException::class)
    public fun sleep(
        nanos: Long,
        isWoken: BooleanSupplier,
    )

    /** Reads the clock of this timer, in nanoseconds since a fixed instant. Default: the monotonic clock of the system. */
    public fun nanoTime(): Long = System.nanoTime()

    /** Where the attempts of futures run if no executor is set. Default: daemon threads that do not keep the JVM alive. */
    public fun executor(): Executor = workers

    public companion object {
        /**
         * Real time. One daemon thread for all timers of the JVM; it hands actions over to [workers], so an action that blocks delays no
         * other. Only while the process cannot create a thread do actions run on it.
         */
        @JvmStatic
        public val system: RetryTimer get() = SystemTimer.instance

        /**
         * Where attempts of futures run if no executor is set: daemon threads, created when needed, gone after a minute of idleness.
         * They do not keep the JVM alive, and inherit nothing from the thread that needs them. While the process cannot create a thread, a
         * task waits.
         */
        @JvmStatic
        public val workers: Executor get() = SystemTimer.instance.workers
    }
}

/** The clock of this timer as a time source. */
internal fun RetryTimer.asTimeSource(): TimeSource =
    object : AbstractLongTimeSource(DurationUnit.NANOSECONDS) {
        override fun read(): Long = nanoTime()
    }
