package dev.reprise.internal.queue

import dev.reprise.internal.queue.ChangeListeners
import java.util.concurrent.CopyOnWriteArrayList

/** Who is notified of changes that can create work. Safe for any number of threads. */
internal class ChangeListeners {
    private val listeners = CopyOnWriteArrayList<() -> Unit>()

    /** Adds [listener] until the result is closed. */
    fun add(listener: () -> Unit): AutoCloseable {
        listeners += listener
        return AutoCloseable { listeners -= listener }
    }

    fun notifyListeners() {
        listeners.forEach { it() }
    }
}
