package dev.reprise.internal.queue.worker

import dev.reprise.queue.spi.CallClock
import java.util.concurrent.atomic.AtomicLong
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** What a lane knows of the due calls that wait for it in the store. Safe for any number of threads. */
internal class Backlog(
    private val clock: CallClock,
) {
    private class Emptiness(
        val changes: Long,
        val since: Long,
        val holds: Duration,
    )

    private val counter = AtomicLong()

    @Volatile
    private var emptiness: Emptiness? = null

    /** How many changes of the store there were that may have brought calls. */
    val changes: Long get() = counter.get()

    /** The store may have something to claim. */
    fun changed() {
        counter.incrementAndGet()
    }

    /** A claim that was made at the instant [now], after so many [changes], has left nothing; that [holds] if the store does not change. */
    fun leftNothing(
        changes: Long,
        now: Long,
        holds: Duration,
    ) {
        emptiness = Emptiness(changes, now, holds)
    }

    /** For how long nothing can be claimed, as far as is known. */
    fun emptyFor(): Duration = emptiness?.let { heldBy(it) - ageOf(it) } ?: Duration.ZERO

    /** True if a call that begins now overtakes none that has been due for longer than [OVERTAKING], as far as is known. */
    fun mayBeOvertaken(): Boolean = emptiness?.let { ageOf(it) < heldBy(it) + OVERTAKING } == true

    private fun heldBy(known: Emptiness) = if (known.changes == changes) known.holds else Duration.ZERO

    private fun ageOf(known: Emptiness) = (clock.millis() - known.since).milliseconds

    private companion object {
        val OVERTAKING = 50.milliseconds
    }
}
