package dev.reprise.engine

import java.util.concurrent.atomic.AtomicReference
import kotlin.math.exp
import kotlin.time.TimeSource

/**
 * Bounds the extra load of retries: of all runs that share it, retries are at most [ratio] of the first attempts plus [floorPerSecond]
 * a second.
 *
 * Every run pays [ratio] in, every retry takes 1 out; the floor drips in by itself. What is unused decays with a time constant of
 * [WINDOW_SECONDS], so that a quiet hour does not save up for a storm; an idle budget holds `floorPerSecond * WINDOW_SECONDS`. A run
 * that finds it empty ends with `StopReason.BUDGET`. Budgets are independent of each other: a run with several needs one unit of each,
 * and takes none where one is missing. Thread-safe, lock-free.
 *
 * After the retry budgets of Twitter's Finagle and the "retry throttling" of gRPC.
 *
 * @throws IllegalArgumentException if a parameter is negative or not finite, or both are zero.
 */
public class RetryBudget(
    /** Retries allowed per call. */
    public val ratio: Double,
    /** Retries allowed per second, whatever the calls. */
    public val floorPerSecond: Double,
    timeSource: TimeSource,
) {
    /** A budget on the system's clock. Defaults: a tenth of the calls, plus 10 a second. */
    @JvmOverloads
    public constructor(ratio: Double = 0.1, floorPerSecond: Double = 10.0) : this(ratio, floorPerSecond, TimeSource.Monotonic)

    private class Level(
        val units: Double,
        val atNanos: Long,
    )

    private val clock = RunClock(timeSource)
    private val level: AtomicReference<Level>

    init {
        requireShare("ratio", ratio)
        requireShare("floorPerSecond", floorPerSecond)
        require(ratio > 0 || floorPerSecond > 0) { "a budget of ratio 0 and floorPerSecond 0 allows no retry; say maxAttempts(1) instead" }
        level = AtomicReference(Level(floorPerSecond * WINDOW_SECONDS, clock.nanos()))
    }

    /** How many retries it would allow now. */
    public val available: Int get() = now(level.get()).units.toInt()

    internal fun deposit() {
        level.updateAndGet { now(it).let { now -> Level(now.units + ratio, now.atNanos) } }
    }

    internal fun withdraw(): Boolean {
        while (true) {
            val seen = level.get()
            val now = now(seen)
            if (now.units < 1) return false
            if (level.compareAndSet(seen, Level(now.units - 1, now.atNanos))) return true
        }
    }

    internal fun refund() {
        level.updateAndGet { now(it).let { now -> Level(now.units + 1, now.atNanos) } }
    }

    /** The level decays towards what the floor alone would hold. */
    private fun now(then: Level): Level {
        val nanos = clock.nanos()
        val seconds = maxOf(nanos - then.atNanos, 0) / 1e9
        val kept = exp(-seconds / WINDOW_SECONDS)
        return Level(then.units * kept + floorPerSecond * WINDOW_SECONDS * (1 - kept), nanos)
    }

    override fun toString(): String = "RetryBudget(ratio=$ratio, floorPerSecond=$floorPerSecond, available=$available)"

    public companion object {
        /** The time constant of the decay, in seconds. */
        public const val WINDOW_SECONDS: Double = 10.0

        private fun requireShare(
            name: String,
            value: Double,
        ) = require(value >= 0 && value.isFinite()) { "$name must be a finite number of at least 0, but was $value" }

        /** Takes one unit of each, or none of any. */
        internal fun withdrawAll(budgets: List<RetryBudget>): Boolean {
            val missing = budgets.indexOfFirst { !it.withdraw() }
            if (missing > 0) budgets.subList(0, missing).forEach { it.refund() }
            return missing < 0
        }
    }
}

/** Nanoseconds of a time source. The system's monotonic clock is read directly, without a mark. */
internal class RunClock(
    timeSource: TimeSource,
) {
    private val origin = if (timeSource === TimeSource.Monotonic) null else timeSource.markNow()

    fun nanos(): Long = origin?.elapsedNow()?.inWholeNanoseconds ?: System.nanoTime()
}
