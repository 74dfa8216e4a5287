package dev.reprise.queue.model

import kotlin.time.Duration
import kotlin.time.toJavaDuration
import java.time.Duration as JavaDuration

/** The health of a queue, as far as this process knows without calling the store. */
public class QueueHealth internal constructor(
    /** True from `start` to `shutdown`. */
    public val isRunning: Boolean,
    /** How long the store has been unreachable; null while it responds. */
    @get:JvmSynthetic
    public val storeDownFor: Duration?,
    /** The last failure of the store; null while it responds. */
    public val storeFailure: Throwable?,
    /** How many calls this worker has claimed and not settled so far. */
    public val inFlight: Int,
    /** How many handlers were cancelled and continue nevertheless: they do not react to cancellation. */
    public val hungHandlers: Int,
    /** How many results came too late, because another worker had the call by then. */
    public val staleResults: Long,
    /** How many times this worker renewed its lease so late that it was about to lose it. */
    public val lateRenewals: Long,
    /** How many times this worker lost its lease, and with it the attempts that were running. */
    public val lostLeases: Long,
    /** The lanes of this worker, by name. */
    public val lanes: List<LaneHealth>,
    /**
     * How many times the clock of the store has jumped by two seconds or more, as when its server is replaced by one with another clock. A
     * jump back delays what is due by as much.
     */
    public val clockJumps: Long,
    /** What is wrong with how the store is set up, as a database that can lose calls in a crash; in sentences for an operator. */
    public val warnings: List<String>,
) {
    /** True if the queue runs and the store responds. */
    public val isHealthy: Boolean get() = isRunning && storeDownFor == null

    /** How long the store has been unreachable; null while it responds. */
    public fun getStoreDownFor(): JavaDuration? = storeDownFor?.toJavaDuration()

    override fun toString(): String =
        "QueueHealth(isRunning=$isRunning, storeDownFor=$storeDownFor, storeFailure=$storeFailure, inFlight=$inFlight, " +
            "hungHandlers=$hungHandlers, staleResults=$staleResults, lateRenewals=$lateRenewals, lostLeases=$lostLeases, " +
            "clockJumps=$clockJumps, warnings=$warnings)"
}

/** What a lane does in this process. */
public class LaneHealth internal constructor(
    /** The name of the lane. */
    public val lane: String,
    /** How many of its calls this worker has claimed and not settled so far. */
    public val inFlight: Int,
    /** How many of its handlers were cancelled and continue nevertheless. */
    public val hungHandlers: Int,
) {
    override fun toString(): String = "LaneHealth($lane, inFlight=$inFlight, hungHandlers=$hungHandlers)"
}
