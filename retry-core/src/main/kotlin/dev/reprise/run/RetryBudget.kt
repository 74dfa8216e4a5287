package dev.reprise.run

import dev.reprise.internal.util.RunClock
import java.util.concurrent.atomic.AtomicReference
import kotlin.math.exp
import kotlin.time.TimeSource

/**
 * Bounds the extra load of retries: of all runs that share it, retries are at most [ratio] of the first attempts plus [minRetriesPerSecond]
 * a second.
 *
 * Every run deposits [ratio], every retry withdraws 1; the floor is added continuously. A quiet hour saves nothing for a retry storm: what
 * runs deposited decays with a time constant of [WINDOW_SECONDS], and the floor stops at `minRetriesPerSecond * WINDOW_SECONDS`, or at 1 if
 * that is less; this is what an idle budget holds. A run that finds it empty ends with `StopReason.BUDGET`. Budgets are independent of each
 * other: a run with several needs one unit of each, and withdraws none if one is empty. Thread-safe, lock-free.
 *
 * After the retry budgets of Twitter's Finagle and the "retry throttling" of gRPC.
 *
 * @throws IllegalArgumentException if a parameter is negative or not finite, or both are zero.
 */
public class RetryBudget(
    /** Retries allowed per call. */
    public val ratio: Double,
    /** Retries allowed per second, regardless of the calls. */
    public val minRetriesPerSecond: Double,
    timeSource: TimeSource,
) {
    /** A budget on the system's clock. Defaults: a tenth of the calls, plus 10 a second. */
    @JvmOverloads
    public constructor(ratio: Double = 0.1, minRetriesPerSecond: Double = 10.0) : this(ratio, minRetriesPerSecond, TimeSource.Monotonic)

    /** The contents at one time: what runs deposited ([paid]), and the floor ([dripped]). */
    private class Level(
        val paid: Double,
        val dripped: Double,
        val atNanos: Long,
    ) {
        val units: Double get() = paid + dripped
    }

    private val mostDripped = if (minRetriesPerSecond > 0) maxOf(minRetriesPerSecond * WINDOW_SECONDS, 1.0) else 0.0

    private val clock = RunClock(timeSource)
    private val level: AtomicReference<Level>

    init {
        requireShare("ratio", ratio)
        requireShare("minRetriesPerSecond", minRetriesPerSecond)
        require(ratio > 0 || minRetriesPerSecond > 0) {
            "a budget of ratio 0 and minRetriesPerSecond 0 allows no retry; use maxAttempts(1) instead"
        }
        level = AtomicReference(Level(0.0, mostDripped, clock.nanos()))
    }

    /** How many retries it allows now. */
    public val available: Int get() = now(level.get()).units.toInt()

    internal fun deposit() {
        level.updateAndGet { now(it).let { now -> Level(now.paid + ratio, now.dripped, now.atNanos) } }
    }

    internal fun withdraw(): Boolean {
        while (true) {
            val seen = level.get()
            val now = now(seen)
            if (now.units < 1) return false
            // What decays is withdrawn first.
            val paid = minOf(now.paid, 1.0)
            if (level.compareAndSet(seen, Level(now.paid - paid, now.dripped - (1 - paid), now.atNanos))) return true
        }
    }

    /** Returns a unit to the part that does not decay, as far as there is room: otherwise repeated rejections would use up the floor. */
    internal fun refund() {
        level.updateAndGet {
            val now = now(it)
            val dripped = minOf(now.dripped + 1, mostDripped)
            Level(now.units + 1 - dripped, dripped, now.atNanos)
        }
    }

    private fun now(then: Level): Level {
        val nanos = clock.nanos()
        val seconds = maxOf(nanos - then.atNanos, 0) / 1e9
        val dripped = minOf(then.dripped + minRetriesPerSecond * seconds, mostDripped)
        return Level(then.paid * exp(-seconds / WINDOW_SECONDS), dripped, nanos)
    }

    override fun toString(): String = "RetryBudget(ratio=$ratio, minRetriesPerSecond=$minRetriesPerSecond, available=$available)"

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
