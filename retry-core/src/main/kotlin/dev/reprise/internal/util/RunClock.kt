package dev.reprise.internal.util

import kotlin.time.TimeSource

/** Nanoseconds of a time source. The system's monotonic clock is read directly, without a mark. */
internal class RunClock(
    timeSource: TimeSource,
) {
    private val origin = if (timeSource === TimeSource.Monotonic) null else timeSource.markNow()

    fun nanos(): Long = origin?.elapsedNow()?.inWholeNanoseconds ?: System.nanoTime()
}
