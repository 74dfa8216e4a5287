package dev.reprise

import dev.reprise.internal.policy.PackedDecision
import dev.reprise.internal.policy.PolicyLogic
import dev.reprise.internal.policy.PolicyState
import dev.reprise.internal.policy.RuleFailedException
import dev.reprise.internal.util.suppress
import dev.reprise.internal.util.toWaitNanos
import dev.reprise.policy.Decision
import dev.reprise.policy.FailedAttempt
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds

/** Decides one run, attempt by attempt, in their order. Not thread-safe. */
public class PolicySession internal constructor(
    private val policy: PolicyLogic,
    private val random: Random,
    state: String? = null,
) {
    private val policyState = policy.newState().also { if (state != null) it.load(state) }

    /** The state of the run as text for a database or a file; null if the numbers of the attempts are enough. */
    public val state: String?
        get() = policyState?.let { state -> ArrayList<Long>().also(state::save).joinToString(",") }

    /** The end of the run, in nanoseconds from its start, or [LONGEST_WAIT][dev.reprise.internal.util.LONGEST_WAIT], for an attempt that starts after [elapsed]. */
    internal fun deadlineNanos(elapsed: Duration): Long = policy.deadlineNanos(policyState, elapsed.toWaitNanos())

    /**
     * Decides what happens after [attempt].
     *
     * A result that no rule rejects needs no decision.
     *
     * @throws IllegalArgumentException if [attempt] ended with a result that the policy accepts.
     */
    public fun decide(attempt: FailedAttempt): Decision {
        val isJudged = attempt.failure != null || policy.judgesResults
        val verdict =
            try {
                if (isJudged) judge(attempt) else PackedDecision.ACCEPTED
            } catch (e: RuleFailedException) {
                attempt.failure?.suppress(e.cause)
                PackedDecision.NOT_RETRYABLE
            }
        require(verdict != PackedDecision.ACCEPTED) { "the policy accepts the result ${attempt.result}: a run ends there, with success" }
        return if (PackedDecision.isStop(
                verdict,
            )
        ) {
            Decision.GiveUp(PackedDecision.reason(verdict))
        } else {
            Decision.RetryAfter(verdict.nanoseconds)
        }
    }

    private fun judge(attempt: FailedAttempt): Long =
        policy.verdict(attempt.number, attempt.elapsed.toWaitNanos(), attempt.failure, attempt.result, policyState, random)
}

private fun PolicyState?.load(text: String) {
    try {
        val numbers = text.split(',').map(String::toLong).iterator()
        requireNotNull(this) { "a run of this policy has no state" }.load(numbers)
        require(!numbers.hasNext()) { "there are too many numbers" }
    } catch (e: RuntimeException) {
        throw IllegalArgumentException("'$text' is not the state of a run of this policy", e)
    }
}
