package dev.reprise.internal.policy

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.policy.StopReason

/**
 * A decision as one number, so that deciding allocates nothing.
 *
 * The numbers form one total order: shorter waits, longer waits, then the stops. "Stop if either stops, else the longer wait" is then
 * the larger of two verdicts and "go on if either goes on, with the shorter wait" the smaller one; the laws of `and` and `or` are those of
 * max and min.
 */
internal object PackedDecision {
    private const val STOPS = Long.MAX_VALUE - 16

    /** No rule rejects the result: the run has succeeded. */
    const val ACCEPTED: Long = Long.MAX_VALUE

    val EXHAUSTED: Long = stop(StopReason.EXHAUSTED)
    val DEADLINE: Long = stop(StopReason.DEADLINE)
    val ABORTED: Long = stop(StopReason.ABORTED)
    val STOPPED: Long = stop(StopReason.STOPPED)
    val BUDGET: Long = stop(StopReason.BUDGET)

    fun isStop(verdict: Long): Boolean = verdict > LONGEST_WAIT

    fun reason(verdict: Long): StopReason = StopReason.entries[(verdict - STOPS).toInt()]

    private fun stop(reason: StopReason): Long = STOPS + reason.ordinal
}
