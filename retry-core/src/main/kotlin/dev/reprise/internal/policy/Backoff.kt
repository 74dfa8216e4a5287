package dev.reprise.internal.policy

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.util.growWait
import dev.reprise.internal.util.plusWait
import dev.reprise.internal.util.timesWait
import dev.reprise.policy.Jitter
import kotlin.time.Duration

/**
 * How the delay before retry number `n` grows, before jitter. Retries count from 1: the first delay is the base.
 *
 * All arithmetic is in nanoseconds, saturates, and takes constant time for any `n`.
 */
internal sealed class Backoff {
    /** The delay before [retry] in nanoseconds, capped, or [ENDED] after the last delay of a finite schedule. */
    abstract fun nanos(retry: Int): Long

    /** The longest computed delay, in nanoseconds. */
    open val cap: Long get() = LONGEST_WAIT

    /** What no spread exceeds, in nanoseconds: the cap, if the schedule sets one. */
    open val ceiling: Long get() = cap

    /** The number of delays; null if there is no end. */
    open val size: Int? get() = null

    /** The spread of a schedule that sets none. */
    open val defaultSpread: Spread get() = KindSpread(Jitter.NONE)

    companion object {
        const val ENDED: Long = -1
    }
}

internal data class FixedBackoff(
    val every: Long,
) : Backoff() {
    override val cap: Long get() = every
    override val ceiling: Long get() = LONGEST_WAIT

    override fun nanos(retry: Int): Long = every
}

/** Random delays from [min] to [max]. */
internal data class UniformBackoff(
    val min: Long,
    val max: Long,
) : Backoff() {
    override val cap: Long get() = max
    override val defaultSpread: Spread get() = FloorSpread(min)

    override fun nanos(retry: Int): Long = max
}

internal data class ExponentialBackoff(
    val base: Long,
    val factor: Double,
    override val cap: Long,
) : Backoff() {
    override val defaultSpread: Spread get() = KindSpread(Jitter.FULL)

    override fun nanos(retry: Int): Long = minOf(base.growWait(factor, retry - 1), cap)
}

internal data class LinearBackoff(
    val base: Long,
    val step: Long,
    override val cap: Long,
) : Backoff() {
    override fun nanos(retry: Int): Long = minOf(base plusWait (step timesWait (retry - 1L)), cap)
}

internal data class FibonacciBackoff(
    val base: Long,
    override val cap: Long,
) : Backoff() {
    override fun nanos(retry: Int): Long = minOf(base timesWait NUMBERS[minOf(retry, NUMBERS.size) - 1], cap)

    private companion object {
        /** 1, 1, 2, 3, 5 … up to the largest number that a Long holds. */
        val NUMBERS: LongArray =
            generateSequence(1L to 1L) { (a, b) -> b to a + b }
                .map { it.first }
                .takeWhile { it > 0 }
                .toList()
                .toLongArray()
    }
}

internal data class ListedBackoff(
    val waits: List<Long>,
) : Backoff() {
    override val cap: Long get() = waits.max()
    override val ceiling: Long get() = LONGEST_WAIT
    override val size: Int get() = waits.size

    override fun nanos(retry: Int): Long = waits.getOrElse(retry - 1) { ENDED }
}

/** Delays from a sequence, with one iterator per run; the end of the sequence is the end of the schedule. */
internal class SequenceBackoff(
    private val waits: Sequence<Duration>,
) : Backoff() {
    /** A sequence has no index: the run holds the iterator, see [ScheduleMemory]. */
    override fun nanos(retry: Int): Long = error("a sequence has no index")

    fun iterator(): Iterator<Duration> = waits.iterator()
}
