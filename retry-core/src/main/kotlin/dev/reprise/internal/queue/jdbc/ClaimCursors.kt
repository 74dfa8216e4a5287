package dev.reprise.internal.queue.jdbc

import dev.reprise.queue.spi.StoredCall
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration.Companion.milliseconds
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

    /** The due time from which a claim reads each of [places], in epoch milliseconds; 0: from the beginning. */
    fun of(places: List<ClaimCursor>): List<Long> {
        if (started.elapsedNow() >= AGAIN) {
            claimedUpTo.clear()
            started = time.markNow()
        }
        return places.map { claimedUpTo[it] ?: 0 }
    }

    /** Records the calls of a claim. */
    fun learn(calls: List<StoredCall>) {
        for (call in calls) claimedUpTo.merge(ClaimCursor(call.handler, call.request.priority), call.dueAt, ::maxOf)
    }

    private companion object {
        val AGAIN = 100.milliseconds
    }
}
