package dev.reprise.restate.internal

import kotlinx.coroutines.CompletableDeferred
import java.util.PriorityQueue

/** The slots of a lane in this process, [free] of them at first. The highest priority that waits is next, and of these the first. */
internal class Slots(
    private var free: Int,
) {
    private class Waiter(
        val priority: Int,
        val number: Long,
    ) {
        val turn = CompletableDeferred<Unit>()
    }

    private val waiting = PriorityQueue(compareByDescending<Waiter> { it.priority }.thenBy { it.number })
    private var number = 0L

    /** Runs [body] in a slot. It waits for one to its end: what is not to run any longer has to look for itself. */
    suspend fun use(
        priority: Int,
        body: suspend () -> Unit,
    ) {
        enter(priority)?.turn?.await()
        try {
            body()
        } finally {
            leave()
        }
    }

    @Synchronized
    private fun enter(priority: Int): Waiter? {
        if (free == 0) return Waiter(priority, number++).also { waiting += it }
        free--
        return null
    }

    @Synchronized
    private fun leave() {
        val next = waiting.poll()
        if (next == null) free++ else next.turn.complete(Unit)
    }
}
