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
    private val time: TimeSource = TimeSource.Monotonic,
) {
    private val claimedUpTo = ConcurrentHashMap<ClaimCursor, Long>()

    @Volatile
    private var started = time.markNow()

    /** How long the cursors are used before a claim starts from the beginning again. */
    @Volatile
    private var again = SHORTEST

    /** The due time from which a claim reads each of [places], in epoch milliseconds; 0: from the beginning. */
    fun of(places: List<ClaimCursor>): List<Long> {
        if (started.elapsedNow() >= again) {
            claimedUpTo.clear()
            started = time.markNow()
        }
        return places.map { claimedUpTo[it] ?: 0 }
    }

    /** True if a claim from the beginning takes so little that it can be made at any time. */
    val startIsCheap: Boolean get() = again == SHORTEST

    /** A claim from the beginning took [duration]. Such claims take a twentieth of the time at most, but one a second is made. */
    fun tookFromStart(duration: Duration) {
        again = (duration * PAUSE_FACTOR).coerceIn(SHORTEST, LONGEST)
    }

    /** Records the calls of a claim. */
    fun learn(calls: List<StoredCall>) {
        for (call in calls) claimedUpTo.merge(ClaimCursor(call.handler, call.request.priority), call.dueAt, ::maxOf)
    }

    /** The [calls] are ready again, before the cursors of their places. */
    fun forget(calls: List<StoredCall>) {
        for (call in calls) claimedUpTo.remove(ClaimCursor(call.handler, call.request.priority))
    }

    private companion object {
        val SHORTEST = 100.milliseconds
        val LONGEST = 1.seconds
        const val PAUSE_FACTOR = 20
    }
}
