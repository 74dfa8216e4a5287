package dev.reprise.internal.queue

import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.WorkListener
import java.util.concurrent.CopyOnWriteArrayList
import java.util.function.Predicate

/** Listeners for changes that can create work. Safe for any number of threads. */
internal class ChangeListeners {
    private val listeners = CopyOnWriteArrayList<WorkListener>()

    /** Adds [listener] until the result is closed. */
    fun add(listener: WorkListener): AutoCloseable {
        listeners += listener
        return AutoCloseable { listeners -= listener }
    }

    /** There can be work for the handlers that [isFor] accepts. */
    fun notifyOf(isFor: Predicate<String>) {
        listeners.forEach { it.onWork(isFor) }
    }

    /** There can be work for any handler. */
    fun notifyListeners(): Unit = notifyOf { true }

    /** The [calls] are enqueued, with these [results]. */
    fun enqueued(
        calls: List<NewCall>,
        results: List<EnqueueResult>,
    ) {
        val handlers = calls.filterIndexed { i, _ -> results[i].givesWork }.mapTo(HashSet()) { it.handler }
        if (handlers.isNotEmpty()) notifyOf { it in handlers }
    }

    /** The settlements of [batch] are written. */
    fun settled(batch: List<Settlement>) {
        if (batch.any(Settlement::givesWork)) notifyListeners()
    }
}
