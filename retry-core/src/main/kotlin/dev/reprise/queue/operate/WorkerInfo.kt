package dev.reprise.queue.operate

import java.time.Duration
import java.time.Instant

/** A worker, as it described itself with its lease, and how it was at its last renewal. */
public class WorkerInfo internal constructor(
    /** The nonce of its lease, which names it: [name] need not be unique. */
    public val nonce: String,
    /** Its name for people. */
    public val name: String,
    /** True if that name was set: a later process of that name takes over its calls. */
    public val isNamed: Boolean,
    /** The host; null if it is unknown. */
    public val host: String?,
    /** The id of its process; null if it is unknown. */
    public val pid: Long?,
    /** The version of this library; null if it is unknown. */
    public val version: String?,
    /** The version of the application; null if it is unknown. */
    public val applicationVersion: String?,
    /** When it started, on the clock of the store; null if it is unknown. */
    public val startedAt: Instant?,
    /** Its lanes. */
    public val lanes: List<Lane>,
    /** Its handlers. */
    public val handlers: List<Handler>,
    /** How many calls it had claimed. */
    public val inFlight: Int,
    /** How many of its handlers did not react to cancellation. */
    public val hung: Int,
    /** When its lease ends, or ended, unless it is renewed. An idle worker does not renew it. */
    public val validUntil: Instant,
    /** True if its lease is valid. */
    public val isValid: Boolean,
) {
    /** A lane of a worker. */
    public class Lane internal constructor(
        /** Its name. */
        public val name: String,
        /** How many of its calls the worker runs at a time. */
        public val concurrency: Int,
        /** True if the lane is paused, in all workers. */
        public val isPaused: Boolean,
    ) {
        override fun toString(): String = "$name×$concurrency" + if (isPaused) " (paused)" else ""
    }

    /** A handler of a worker. */
    public class Handler internal constructor(
        /** Its name. */
        public val name: String,
        /** The lane that it is in. */
        public val lane: String,
        /** Its version; null if it is unknown until it is loaded. */
        public val version: Int?,
        /** How many of its calls the worker runs at a time; null if only the lane limits them. */
        public val concurrency: Int?,
        /** How long its calls are kept after their end, unless they are dead. */
        public val retention: Duration,
    ) {
        override fun toString(): String = "$name in $lane"
    }

    override fun toString(): String = "WorkerInfo($name on $host, ${handlers.size} handlers, $inFlight in flight)"
}

/** A lane, over all workers. */
public class LaneInfo internal constructor(
    /** Its name. */
    public val name: String,
    /** When it was paused; null if it is not. */
    public val pausedAt: Instant?,
    /** Who paused it; null if it is not paused, or was paused by a program. */
    public val pausedBy: String?,
    /** The handlers that workers with a valid lease have in it. */
    public val handlers: Set<String>,
    /** How many workers with a valid lease have it. */
    public val workers: Int,
    /** How many of its calls they run at a time, together. */
    public val concurrency: Int,
) {
    /** True if no worker claims calls for it. */
    public val isPaused: Boolean get() = pausedAt != null

    override fun toString(): String = "LaneInfo($name${if (isPaused) ", paused by $pausedBy" else ""}, $workers workers)"
}
