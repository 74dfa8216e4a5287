package dev.reprise.internal.util

import kotlin.time.TimeSource

/**
 * Nanoseconds of a time source. The system's monotonic clock is read directly, without a mark. A time source that throws counts as stopped,
 * so that it cannot keep a run from ending.
 */
internal class RunClock(
    timeSource: TimeSource,
) {
    private val origin = if (timeSource === TimeSource.Monotonic) null else timeSource.markNow()

    @Volatile
    private var last = 0L

    fun nanos(): Long {
        if (origin == null) return System.nanoTime()
        runLogged({ "the time source" }) { last = origin.elapsedNow().inWholeNanoseconds }
        return last
    }
}
