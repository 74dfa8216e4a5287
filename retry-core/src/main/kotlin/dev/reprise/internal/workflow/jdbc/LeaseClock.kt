package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.util.ClockOffset
import kotlin.math.abs
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/**
 * Tells whether the clock of the database can be trusted for the end of a [lease]: it has to have run as evenly as that of this process for as long, so
 * that every living owner has renewed its own since. Another server can have taken over, with another clock; a computer can have slept.
 */
internal class LeaseClock(
    private val lease: Duration,
    timeSource: TimeSource = TimeSource.Monotonic,
) {
    private val start = timeSource.markNow()
    private val offset = ClockOffset()

    /** Since when it has run evenly; null if it was never read. */
    private var since: Long? = null

    /** The clock of this process, in milliseconds. */
    fun millis(): Long = start.elapsedNow().inWholeMilliseconds

    /** The clock has shown [shown], in epoch milliseconds, at some moment since [askedAt]. Returns for how long no lease is over by it. */
    @Synchronized
    fun read(
        shown: Long,
        askedAt: Long,
    ): Duration {
        val readAt = millis()
        val jump = offset.read(shown, askedAt, readAt)
        val from = since?.takeIf { abs(jump).milliseconds < TOLERANCE } ?: readAt
        since = from
        return (lease - (readAt - from).milliseconds).coerceAtLeast(Duration.ZERO)
    }

    private companion object {
        val TOLERANCE = 2.seconds
    }
}

/** The lease of a run is over by the clock of the database, which is not trusted yet for as long as [left]. */
internal class UndecidedLeaseException(
    val left: Duration,
) : IllegalStateException("the clock of the database is not trusted for $left")
