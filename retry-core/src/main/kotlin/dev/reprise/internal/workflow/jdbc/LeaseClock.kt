package dev.reprise.internal.workflow.jdbc

import kotlin.math.abs
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeMark
import kotlin.time.TimeSource

/**
 * Tells whether the clock of the database can be trusted for the end of a [lease]: it has to have run as evenly as that of this process for as long, so
 * that every living owner has renewed its own since. Another server can have taken over, with another clock; a computer can have slept.
 */
internal class LeaseClock(
    private val lease: Duration,
    private val timeSource: TimeSource = TimeSource.Monotonic,
) {
    private class Reading(
        val shown: Long,
        val at: TimeMark,
    )

    private var last: Reading? = null

    /** Since when it runs evenly. */
    private var since = timeSource.markNow()

    /** The clock shows [shown], in epoch milliseconds. Returns for how long no lease is over by it. */
    @Synchronized
    fun read(shown: Long): Duration {
        val now = Reading(shown, timeSource.markNow())
        if (!isEven(now)) since = now.at
        last = now
        return (lease - since.elapsedNow()).coerceAtLeast(Duration.ZERO)
    }

    private fun isEven(now: Reading): Boolean {
        val before = last ?: return false
        val passed = before.at.elapsedNow().inWholeMilliseconds
        return abs(now.shown - before.shown - passed).milliseconds < TOLERANCE
    }

    private companion object {
        val TOLERANCE = 2.seconds
    }
}

/** The lease of a run is over by the clock of the database, which is not trusted yet for as long as [left]. */
internal class UndecidedLeaseException(
    val left: Duration,
) : IllegalStateException("the clock of the database is not trusted for $left")
