package dev.reprise.queue

import dev.reprise.policy.RetryDsl

/** Says how a lane runs. */
@RetryDsl
public class LaneBuilder internal constructor() {
    /** How many calls of the lane run at a time in this process. Default: 10. */
    public var concurrency: Int = DEFAULT_CONCURRENCY

    internal fun checked(name: String): Int {
        require(concurrency >= 1) { "concurrency of the lane '$name' must be positive, but was $concurrency" }
        return concurrency
    }

    internal companion object {
        const val DEFAULT_CONCURRENCY = 10
    }
}
