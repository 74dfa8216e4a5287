package dev.reprise.internal.policy

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.policy.Rethrow
import kotlin.random.Random

/** The decisions of a [RetryPolicy][dev.reprise.RetryPolicy], which is a thin public wrapper around this. Pure and immutable. */
internal sealed class PolicyLogic {
    /** The delay before the first attempt, in nanoseconds. */
    abstract val initialDelayNanos: Long

    /** The limit of one attempt in nanoseconds, or [LONGEST_WAIT]. */
    abstract val attemptTimeoutNanos: Long

    /** The failure that is thrown when a run gives up. */
    abstract val rethrow: Rethrow

    /** True if a run that gives up on a result returns that result. */
    abstract val returnsLast: Boolean

    /** True if there is a rule about results, so that a decision about a result is needed. */
    abstract val judgesResults: Boolean

    /** True if some policy inside it has a time limit, so that a run has to be timed from its very start. */
    abstract val hasDeadline: Boolean

    /** The parts of this policy that are code, as they print; empty if it can be stored. */
    abstract val code: List<String>

    /** True if nothing in it ends a run: it was built together with a stop signal or a budget, without `forever()`. */
    abstract val needsEnd: Boolean

    /** The state of one run between two decisions; null if the number of the attempt is enough. */
    abstract fun newState(): PolicyState?

    /**
     * The end of the run, in nanoseconds from its start, or [LONGEST_WAIT], as seen [elapsed] nanoseconds after the start:
     * after the time of the first part of a `then`, that of the second part applies. No attempt starts at or after it. With [cancels],
     * the time at which a running attempt is cancelled, which can be later.
     */
    abstract fun deadlineNanos(
        state: PolicyState?,
        elapsed: Long = 0,
        cancels: Boolean = false,
    ): Long

    /** True if no attempt can start [elapsed] nanoseconds after the start of the run. */
    fun isOver(
        state: PolicyState?,
        elapsed: Long,
    ): Boolean {
        val deadline = deadlineNanos(state, elapsed)
        return deadline < LONGEST_WAIT && elapsed >= deadline
    }

    /**
     * Decides about the attempt with the 1-based [number] that ended [elapsed] nanoseconds after the start of the run with [failure], or, if
     * that is null, with [result]. Returns a [PackedDecision].
     *
     * @throws RuleFailedException if code inside the policy throws.
     */
    abstract fun verdict(
        number: Int,
        elapsed: Long,
        failure: Throwable?,
        result: Any?,
        state: PolicyState?,
        random: Random,
    ): Long

    /** The `maxRetryAfter` that a hint of [refused] nanoseconds exceeds, in nanoseconds. */
    abstract fun longestHint(refused: Long): Long

    /** This policy for results and failures that [judge] judges first; with [returnsLast] a run that gives up on a result returns it. */
    abstract fun judgedBy(
        judge: Judge,
        returnsLast: Boolean,
    ): PolicyLogic

    /** The notation of the policy; [CODE] replaces what is code. */
    abstract override fun toString(): String
}

/** Decides before the rules of a policy, for a protocol that the policy does not know. */
internal interface Judge {
    /** Why [failure] must not be retried; null if the rules of the policy decide. */
    fun objection(failure: Throwable): String?

    /** True if [result] is a failure of the attempt. */
    fun rejects(result: Any?): Boolean
}
