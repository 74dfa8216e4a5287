package dev.reprise.internal.queue.events

import dev.reprise.queue.event.CallEvent
import java.util.concurrent.ConcurrentHashMap

/**
 * Keeps the events of a call in order: the store can return it in the next claim before the end of the last one is reported here. Then the
 * events of the new claim wait for that.
 */
internal class EventOrder(
    private val deliver: (CallEvent) -> Unit,
) {
    private class Waiting {
        /** How many settlements of the call are being written. */
        var settlements = 0
        val events = ArrayDeque<CallEvent>()
    }

    private val waiting = ConcurrentHashMap<String, Waiting>()

    fun publish(event: CallEvent.OfCall) {
        val held = waiting.computeIfPresent(event.cid) { _, known -> known.also { it.events += event } }
        if (held == null) deliver(event)
    }

    /** A settlement of the call [cid] is being written. */
    fun settling(cid: String) {
        waiting.compute(cid) { _, known -> (known ?: Waiting()).also { it.settlements++ } }
    }

    /** A settlement of the call [cid] was written, or never will be; [events] report it, and precede those that wait. */
    fun settled(
        cid: String,
        events: List<CallEvent>,
    ) {
        events.forEach(deliver)
        waiting.computeIfPresent(cid) { _, known -> known.also { it.settlements-- } }
        while (true) deliver(next(cid) ?: return)
    }

    private fun next(cid: String): CallEvent? {
        var next: CallEvent? = null
        waiting.computeIfPresent(cid) { _, known ->
            next = known.events.removeFirstOrNull()
            known.takeIf { next != null || it.settlements > 0 }
        }
        return next
    }
}
