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
    /** No rule rejects the result: the run has succeeded. */
    const val ACCEPTED: Long = Long.MAX_VALUE

    // By rank: of two policies that both stop, `and` reports the later reason, `or` the earlier one.
    const val EXHAUSTED: Long = LONGEST_WAIT + 1

    /** The first of the stops by [hintTooLong]. */
    private const val HINTS: Long = LONGEST_WAIT + 2

    const val DEADLINE: Long = ACCEPTED - 16
    const val NOT_RETRYABLE: Long = DEADLINE + 1
    const val STOPPED: Long = DEADLINE + 2
    const val BUDGET: Long = DEADLINE + 3

    /** The stop because the remote service asks for a delay of [hint], which is longer than the policy accepts. */
    fun hintTooLong(hint: Long): Long = HINTS + minOf(hint, DEADLINE - 1 - HINTS)

    /** The delay that the remote service asked for, if that is why the run stops; otherwise null. */
    fun refusedHint(decision: Long): Long? =
        when (decision) {
            in HINTS..<DEADLINE - 1 -> decision - HINTS
            DEADLINE - 1 -> LONGEST_WAIT
            else -> null
        }

    fun isStop(decision: Long): Boolean = decision > LONGEST_WAIT

    /** True if a limit of the policy stops the run. */
    fun isLimit(decision: Long): Boolean = decision in EXHAUSTED..DEADLINE

    fun reason(decision: Long): StopReason =
        when (decision) {
            EXHAUSTED -> StopReason.EXHAUSTED
            in HINTS..DEADLINE -> StopReason.DEADLINE
            NOT_RETRYABLE -> StopReason.NOT_RETRYABLE
            STOPPED -> StopReason.STOPPED
            else -> StopReason.BUDGET
        }
}
