package dev.reprise.internal.queue.worker

import dev.reprise.queue.spi.CallClock
import java.util.concurrent.ConcurrentLinkedQueue
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * The calls of a lane that are claimed and not started. Suspects, which one more crash would end, wait apart from the others and take no
 * room. For the coroutine of the lane only, except for [dispatch].
 */
internal class WaitingCalls(
    private val clock: CallClock,
) {
    private val calls = ArrayDeque<ClaimedCall>()
    private val suspects = ArrayDeque<ClaimedCall>()

    /** Calls that were enqueued here as claimed. */
    private val dispatched = ConcurrentLinkedQueue<ClaimedCall>()

    fun dispatch(claimed: ClaimedCall) {
        dispatched += claimed
    }

    fun add(claimed: ClaimedCall) {
        calls += claimed
    }

    fun addSuspect(claimed: ClaimedCall) {
        suspects += claimed
    }

    /** Removes the calls for which [start] returns true: suspects first, one at most. */
    fun startEach(
        startSuspect: (ClaimedCall) -> Boolean,
        start: (ClaimedCall) -> Boolean,
    ) {
        takeDispatched()
        if (suspects.isNotEmpty() && startSuspect(suspects.first())) suspects.removeFirst()
        val each = calls.iterator()
        while (each.hasNext()) {
            if (start(each.next())) each.remove()
        }
    }

    /** How long the oldest call can still wait; infinite if none waits. */
    fun untilTooOld(): Duration =
        listOfNotNull(calls.firstOrNull(), suspects.firstOrNull())
            .minOfOrNull { LONGEST - it.waitedFor() }
            ?.coerceAtLeast(Duration.ZERO) ?: Duration.INFINITE

    /** Removes and returns the calls that have waited for too long, or [all] of them. */
    fun removeCalls(all: Boolean): List<ClaimedCall> = removeFrom(calls, all)

    /** The same for the suspects. */
    fun removeSuspects(all: Boolean): List<ClaimedCall> = removeFrom(suspects, all)

    private fun removeFrom(
        waiting: ArrayDeque<ClaimedCall>,
        all: Boolean,
    ): List<ClaimedCall> {
        takeDispatched()
        val oldest = waiting.firstOrNull() ?: return emptyList()
        if (!all && oldest.waitedFor() < LONGEST) return emptyList()
        val removed = waiting.filter { all || it.waitedFor() >= LONGEST }
        waiting -= removed.toSet()
        return removed
    }

    private fun takeDispatched() {
        while (true) calls += dispatched.poll() ?: return
    }

    private fun ClaimedCall.waitedFor() = (clock.millis() - claimedAt).milliseconds

    private companion object {
        /** Other workers can have time for a call that waits for so long. */
        val LONGEST = 1.seconds
    }
}
