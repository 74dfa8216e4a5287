package dev.reprise.internal.policy

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.policy.StopReason

/**
 * A decision as one number, so that deciding allocates nothing.
 *
 * The numbers form one total order: shorter delays, longer delays, then the stops by rank. "Stop if either stops, else the longer delay" is
 * then the larger of two decisions and "continue if either continues, with the shorter delay" the smaller one; the laws of `and` and `or`
 * are those of max and min.
 */
internal object PackedDecision {
    private const val STOPS = Long.MAX_VALUE - 16

    /** The reasons by rank: of two policies that both stop, `and` reports the later reason, `or` the earlier one. */
    private val RANKED =
        arrayOf(StopReason.EXHAUSTED, StopReason.DEADLINE, StopReason.NOT_RETRYABLE, StopReason.STOPPED, StopReason.BUDGET)

    /** No rule rejects the result: the run has succeeded. */
    const val ACCEPTED: Long = Long.MAX_VALUE

    const val EXHAUSTED: Long = STOPS
    const val DEADLINE: Long = STOPS + 1
    const val NOT_RETRYABLE: Long = STOPS + 2
    const val STOPPED: Long = STOPS + 3
    const val BUDGET: Long = STOPS + 4

    fun isStop(decision: Long): Boolean = decision > LONGEST_WAIT

    fun reason(decision: Long): StopReason = RANKED[(decision - STOPS).toInt()]
}
