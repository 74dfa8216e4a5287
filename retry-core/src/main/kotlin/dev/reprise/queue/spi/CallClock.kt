package dev.reprise.queue.spi

/** The clock of a process, in milliseconds. Only differences are used, so its origin does not matter. */
public fun interface CallClock {
    /** The current time, in milliseconds. */
    public fun millis(): Long

    public companion object {
        private val begun = System.nanoTime()
        private val begunMillis = System.currentTimeMillis()

        /** Starts with the system time and continues with the monotonic clock: it never jumps. */
        public val system: CallClock = CallClock { begunMillis + (System.nanoTime() - begun) / NANOS_PER_MILLI }
    }
}

internal const val NANOS_PER_MILLI = 1_000_000L
