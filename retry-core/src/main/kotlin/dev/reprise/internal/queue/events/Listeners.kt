package dev.reprise.internal.queue.events

import dev.reprise.internal.util.describe
import dev.reprise.queue.event.CallEvent
import dev.reprise.queue.event.CallListener
import java.util.concurrent.ConcurrentHashMap

/** The listeners of a queue. What they throw changes nothing, and is logged once a minute for each class. */
internal class Listeners(
    private val all: List<CallListener>,
) {
    /** When the failure of a class of listeners was logged last. */
    private val loggedAt = ConcurrentHashMap<Class<*>, Long>()

    fun notify(event: CallEvent) {
        for (listener in all) {
            try {
                listener.onEvent(event)
            } catch (e: Throwable) {
                report(listener, e)
            }
        }
    }

    private fun report(
        listener: CallListener,
        failure: Throwable,
    ) {
        val now = System.nanoTime()
        var isDue = false
        loggedAt.compute(listener.javaClass) { _, last ->
            isDue = last == null || now - last >= MINUTE_NANOS
            if (isDue) now else last
        }
        if (!isDue) return
        QueueLogs.queue.log(System.Logger.Level.WARNING, "the listener ${listener.describe()} threw; the queue continues", failure)
    }

    private companion object {
        const val MINUTE_NANOS = 60_000_000_000
    }
}
