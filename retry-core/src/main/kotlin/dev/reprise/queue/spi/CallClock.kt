package dev.reprise.queue.spi

/** Tells the time of a process in milliseconds. Only differences are used, so it may begin anywhere. */
public fun interface CallClock {
    /** The present, in milliseconds. */
    public fun millis(): Long

    public companion object {
        private val begun = System.nanoTime()
        private val begunMillis = System.currentTimeMillis()

        /** Begins at the system's time and goes on by its monotonic clock: it never jumps. */
        public val system: CallClock = CallClock { begunMillis + (System.nanoTime() - begun) / NANOS_PER_MILLI }
    }
}

internal const val NANOS_PER_MILLI = 1_000_000L
