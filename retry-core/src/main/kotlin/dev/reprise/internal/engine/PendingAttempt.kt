package dev.reprise.internal.engine

import dev.reprise.internal.util.CloseableBag
import java.util.concurrent.atomic.AtomicBoolean

/** An attempt that waits for a thread of the executor: it leaves once, for a thread or because of a stop. */
internal class PendingAttempt(
    stops: List<StopCondition>,
    onStop: () -> Unit,
) : AtomicBoolean() {
    private val handles = CloseableBag()

    init {
        stops.forEach { handles += it.onTrigger { if (leave()) onStop() } }
    }

    fun leave(): Boolean = compareAndSet(false, true).also { if (it) handles.close() }
}
