package dev.reprise.queue.model

import kotlin.time.Duration

/** How a queue is doing, as far as this process knows without asking anybody. */
public data class QueueHealth(
    /** True from `start` to `shutdown`. */
    public val isRunning: Boolean,
    /** For how long the store has not answered; null while it answers. */
    public val storeAwayFor: Duration?,
    /** Why the store did not answer last; null while it answers. */
    public val storeFailure: Throwable?,
    /** How many calls this worker has claimed and not settled yet. */
    public val inHand: Int,
    /** How many handlers were cut and go on all the same: they do not react to cancellation. */
    public val hungHandlers: Int,
    /** How many settlements came too late, because others had the call by then. */
    public val staleResults: Long,
) {
    /** True if the queue runs and the store answers. */
    public val isGood: Boolean get() = isRunning && storeAwayFor == null
}
