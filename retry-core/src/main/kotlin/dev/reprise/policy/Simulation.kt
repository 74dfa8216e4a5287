package dev.reprise.policy

import dev.reprise.internal.util.compact
import dev.reprise.internal.util.toWaitNanos
import kotlin.time.Duration

/** A run as the policy would have it, if every attempt failed. */
public class Simulation internal constructor(
    /** The wait before the first attempt. */
    public val initialDelay: Duration,
    /** The waits between the attempts. */
    public val delays: List<Duration>,
    /** How many attempts were made. */
    public val attempts: Int,
    /** From the start of the run to the end of the last attempt. */
    public val elapsed: Duration,
    /** Why the run gave up; null if it goes on and the simulation ended before it. */
    public val stop: StopReason?,
) {
    /** True if the run would make further attempts. */
    public val goesOn: Boolean get() = stop == null

    /** The sum of all waits. */
    public val totalWait: Duration get() = delays.fold(initialDelay, Duration::plus)

    override fun toString(): String {
        val waits = (listOf(initialDelay).filter { it.isPositive() } + delays).joinToString(" ") { it.toWaitNanos().compact() }
        return "$attempts attempts, waits [$waits], ${elapsed.toWaitNanos().compact()} in all, ${stop ?: "goes on"}"
    }
}
