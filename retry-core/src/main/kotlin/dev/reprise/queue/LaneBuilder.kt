package dev.reprise.queue

import dev.reprise.internal.queue.QueueSettings
import dev.reprise.policy.RetryDsl

/** Configures a lane. */
@RetryDsl
public class LaneBuilder internal constructor() {
    /** How many calls of the lane run at a time in this process. Default: 10. */
    public var concurrency: Int = QueueSettings.DEFAULT_CONCURRENCY

    internal fun checked(name: String): Int {
        require(concurrency >= 1) { "the concurrency of the lane '$name' must be at least 1, but was $concurrency" }
        return concurrency
    }
}
