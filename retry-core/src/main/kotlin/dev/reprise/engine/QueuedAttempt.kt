package dev.reprise.engine

import java.util.concurrent.atomic.AtomicBoolean

/** An attempt that waits for a thread of the executor: it leaves once, for a thread or because of a stop. */
internal class QueuedAttempt(
    stops: List<Stop>,
    onStop: () -> Unit,
) : AtomicBoolean() {
    private val handles = Handles()

    init {
        stops.forEach { handles += it.onGiven { if (leave()) onStop() } }
    }

    fun leave(): Boolean = compareAndSet(false, true).also { if (it) handles.close() }
}
