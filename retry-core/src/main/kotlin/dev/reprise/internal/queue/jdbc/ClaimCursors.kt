package dev.reprise.internal.queue.jdbc

import dev.reprise.queue.spi.StoredCall
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/** The due calls of one handler and one priority: a range of the index, in the sequence of their claims. */
internal data class ClaimCursor(
    val handler: String,
    val priority: Int,
)

/**
 * Up to which due time the calls of each handler and priority were claimed. Before it are dead rows, which PostgreSQL keeps until it
 * vacuums, and which a claim from the start of the index would read. A claim does so from time to time nevertheless, because a call can
 * become visible late: with the commit of a caller, or when it is released.
 */
internal class ClaimCursors(
    time: TimeSource = TimeSource.Monotonic,
) {
    private val claimedUpTo = ConcurrentHashMap<ClaimCursor, Long>()
    private val fromStart = FullScans(time)

    /** The due time from which a claim reads each of [places], in epoch milliseconds; 0: from the beginning. */
    fun of(places: List<ClaimCursor>): List<Long> {
        if (fromStart.startIfDue()) clear()
        return places.map { claimedUpTo[it] ?: 0 }
    }

    /** True if a claim from the beginning takes so little that it can be made at any time. */
    val startIsCheap: Boolean get() = fromStart.areCheap

    /** A claim from the beginning took [duration]. */
    fun tookFromStart(duration: Duration) {
        fromStart.took(duration)
    }

    /** Records the calls of a claim. */
    fun learn(calls: List<StoredCall>) {
        for (call in calls) claimedUpTo.merge(ClaimCursor(call.handler, call.request.priority), call.dueAt, ::maxOf)
    }

    /** The [calls] are ready again, before the cursors of their places. */
    fun forget(calls: List<StoredCall>) {
        for (call in calls) claimedUpTo.remove(ClaimCursor(call.handler, call.request.priority))
    }

    /** Calls became ready anywhere. */
    fun clear() {
        claimedUpTo.clear()
    }
}

/** Limits scans from the beginning of an index: they take a twentieth of the time at most, but one a second is made. */
internal class FullScans(
    private val time: TimeSource = TimeSource.Monotonic,
) {
    @Volatile
    private var started = time.markNow()

    /** How long after the start of one scan the next one is due. */
    @Volatile
    private var again = SHORTEST

    /** True if a scan takes so little that it can be made at any time. */
    val areCheap: Boolean get() = again == SHORTEST

    /** Returns true if a scan is due, which starts now. */
    fun startIfDue(): Boolean = (started.elapsedNow() >= again).also { if (it) started = time.markNow() }

    /** A scan took [duration]. */
    fun took(duration: Duration) {
        again = (duration * PAUSE_FACTOR).coerceIn(SHORTEST, LONGEST)
    }

    private companion object {
        val SHORTEST = 100.milliseconds
        val LONGEST = 1.seconds
        const val PAUSE_FACTOR = 20
    }
}
