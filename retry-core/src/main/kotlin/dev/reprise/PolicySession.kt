package dev.reprise

import dev.reprise.internal.policy.PackedDecision
import dev.reprise.internal.policy.PolicyLogic
import dev.reprise.internal.policy.PolicyState
import dev.reprise.internal.policy.RuleFailedException
import dev.reprise.internal.util.suppress
import dev.reprise.internal.util.toWaitNanos
import dev.reprise.policy.Decision
import dev.reprise.policy.FailedAttempt
import dev.reprise.policy.FailureDescription
import dev.reprise.policy.RestoredFailure
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

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

    /**
     * The end of the run for an attempt that starts after [elapsed], in nanoseconds from the start of the run, or
     * [LONGEST_WAIT][dev.reprise.internal.util.LONGEST_WAIT]; with [cancels], the time at which that attempt is cancelled.
     */
    internal fun deadlineNanos(
        elapsed: Duration,
        cancels: Boolean = false,
    ): Long = policy.deadlineNanos(policyState, elapsed.toWaitNanos(), cancels)

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
        if (PackedDecision.isStop(verdict)) return Decision.GiveUp(PackedDecision.reason(verdict))
        return Decision.RetryAfter(verdict.nanoseconds)
    }

    /** What happens after attempt [number], which ended [elapsed] after the start of the run with a failure that [failure] describes. */
    @JvmSynthetic
    public fun decide(
        number: Int,
        elapsed: Duration,
        failure: FailureDescription,
    ): Decision = decide(FailedAttempt(number, elapsed, RestoredFailure(failure)))

    /** What happens after attempt [number], which ended [elapsed] after the start of the run with a failure that [failure] describes. */
    public fun decide(
        number: Int,
        elapsed: JavaDuration,
        failure: FailureDescription,
    ): Decision = decide(number, elapsed.toKotlinDuration(), failure)

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
