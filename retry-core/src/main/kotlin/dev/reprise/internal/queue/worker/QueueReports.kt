package dev.reprise.internal.queue.worker

import dev.reprise.queue.model.QueueHealth
import kotlin.time.Duration.Companion.milliseconds

/** How a queue with [engine] is doing, of which the background [isActive]. */
internal fun healthOf(
    engine: QueueWorker?,
    isActive: Boolean,
): QueueHealth {
    val access = engine?.access
    val outage = access?.outage
    val away = outage?.let { access.store.clock.millis() - it.since }
    return QueueHealth(
        isRunning = engine != null && !engine.isStopping && isActive,
        storeAwayFor = away?.milliseconds,
        storeFailure = outage?.failure,
        inHand = engine?.inHand?.count?.value ?: 0,
        hungHandlers = engine?.runner?.hung?.get() ?: 0,
        staleResults = engine?.stale?.get() ?: 0,
    )
}
