package dev.reprise.internal.queue.jdbc

import dev.reprise.queue.spi.StoredCall
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.TimeSource

/** The due calls of one handler and one priority: a stretch of the index, in the order in which they are claimed. */
internal data class ClaimCursor(
    val handler: String,
    val priority: Int,
)

/**
 * Up to when each stretch of the index of due calls is worked off. What lies before are the remains of calls that are gone: PostgreSQL
 * keeps them until it vacuums, and a claim that begins at the beginning reads all of them. It does so once in a while all the same,
 * because a call may become visible late: with the commit of a caller, or when somebody gives it back.
 */
internal class ClaimCursors(
    private val time: TimeSource = TimeSource.Monotonic,
) {
    private val workedOff = ConcurrentHashMap<ClaimCursor, Long>()

    @Volatile
    private var begun = time.markNow()

    /** Since when what is due in each of [places] is worth a look, in epoch milliseconds; 0: from the beginning. */
    fun of(places: List<ClaimCursor>): List<Long> {
        if (begun.elapsedNow() >= AGAIN) {
            workedOff.clear()
            begun = time.markNow()
        }
        return places.map { workedOff[it] ?: 0 }
    }

    /** Takes notice of what a claim gave. */
    fun learn(calls: List<StoredCall>) {
        for (call in calls) workedOff.merge(ClaimCursor(call.handler, call.order.priority), call.dueAt, ::maxOf)
    }

    private companion object {
        val AGAIN = 100.milliseconds
    }
}
