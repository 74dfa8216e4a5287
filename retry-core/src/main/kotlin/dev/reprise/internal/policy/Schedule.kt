package dev.reprise.internal.policy

import dev.reprise.internal.util.timesWait
import dev.reprise.internal.util.toWaitNanos
import dev.reprise.policy.Jitter
import kotlin.random.Random
import kotlin.time.Duration

/** How long to wait: a [backoff], spread by [spread]. A value; the state of a run is in its [ScheduleMemory]. */
internal data class Schedule(
    val backoff: Backoff,
    val spread: Spread,
) {
    private val isDecorrelated = spread == KindSpread(Jitter.DECORRELATED)

    /** True if a delay depends on more than the number of the retry. */
    val needsMemory: Boolean get() = backoff is SequenceBackoff || isDecorrelated

    /** The delay before [retry] in nanoseconds, or [Backoff.ENDED]. [memory] is null only if [needsMemory] is false. */
    fun wait(
        retry: Int,
        memory: ScheduleMemory?,
        random: Random,
    ): Long {
        val computed = if (backoff is SequenceBackoff) checkNotNull(memory).nextOf(backoff) else backoff.nanos(retry)
        if (computed == Backoff.ENDED) return computed
        if (isDecorrelated) return decorrelated(computed, checkNotNull(memory), random)
        return spread.draw(computed, backoff.ceiling, random)
    }

    private fun decorrelated(
        computed: Long,
        memory: ScheduleMemory,
        random: Random,
    ): Long {
        val base = if (memory.base < 0) computed.also { memory.base = it } else memory.base
        val top = minOf(maxOf(memory.previous, base) timesWait 3, backoff.cap)
        memory.previous = if (top > base) random.nextLong(base, top + 1) else base
        return memory.previous
    }

    companion object {
        val AT_ONCE: Schedule = Schedule(FixedBackoff(0), KindSpread(Jitter.NONE))
    }
}

/** The state of one schedule in one run: the number of its uses, the last delay, the position in a sequence. */
internal class ScheduleMemory {
    var used: Int = 0
        private set
    var base: Long = -1
    var previous: Long = 0
    private var waits: Iterator<Duration>? = null

    /** Counts this use and returns its 1-based number. */
    fun countUse(): Int {
        if (used < Int.MAX_VALUE) used++
        return used
    }

    /** The position in a sequence is not saved: a sequence is code, and a policy with code is not stored. */
    fun save(numbers: MutableList<Long>) {
        numbers += listOf(used.toLong(), base, previous)
    }

    fun load(numbers: Iterator<Long>) {
        used = numbers.next().toInt()
        base = numbers.next()
        previous = numbers.next()
    }

    fun nextOf(backoff: SequenceBackoff): Long {
        val iterator = waits ?: backoff.iterator().also { waits = it }
        return if (iterator.hasNext()) iterator.next().toWaitNanos() else Backoff.ENDED
    }
}
