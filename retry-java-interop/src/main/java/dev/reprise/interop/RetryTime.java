package dev.reprise.interop;

import dev.reprise.run.RetryTimer;
import java.util.concurrent.Executor;

/** The time a run lives in: a clock, a timer, a thread to sleep on. {@link VirtualTime} is one. */
public interface RetryTime extends RetryTimer {
    /**
     * Reads the clock, which must never go back.
     *
     * @return nanoseconds since some fixed instant
     */
    long nanoTime();

    /**
     * The time of the system, which is the default: for code that takes a time and is not in a
     * test.
     *
     * @return a monotonic clock and its timer
     */
    static RetryTime system() {
        return SystemTime.INSTANCE;
    }

    /**
     * Where attempts of futures run if the builder is given no executor of its own.
     *
     * @return by default threads that do not keep the JVM alive
     */
    default Executor executor() {
        return RetryTimer.getWorkers();
    }
}
