package dev.reprise.testing

import dev.reprise.PolicySession
import dev.reprise.RetryPolicy
import dev.reprise.RetryPolicyBuilder
import dev.reprise.internal.policy.LongestDelays
import dev.reprise.policy.Decision
import dev.reprise.policy.FailedAttempt
import dev.reprise.policy.StopReason
import io.kotest.assertions.throwables.shouldThrow
import kotlin.random.Random
import kotlin.time.Duration

fun policy(settings: RetryPolicyBuilder.() -> Any?): RetryPolicy = RetryPolicyBuilder().apply { settings() }.build()

/** A policy as `retry { stopWhen(…) }` builds it: something outside the policy ends the run. */
fun openPolicy(settings: RetryPolicyBuilder.() -> Any?): RetryPolicy =
    RetryPolicy(RetryPolicyBuilder().apply { settings() }.spec.build(endsOtherwise = true))

/** The first [n] waits of a run whose attempts fail at once, or fewer if it ends before; jitter draws the longest by default. */
fun waits(
    policy: RetryPolicy,
    n: Int = 100,
    random: Random = LongestDelays,
    failure: Throwable = FlakyException(),
): List<Duration> {
    val run = Run(policy, random)
    return generateSequence { run.fail(failure) as? Decision.RetryAfter }.map { it.delay }.take(n).toList()
}

/** The message with which the builder rejects [settings]. */
fun refusal(settings: RetryPolicyBuilder.() -> Any?): String? = shouldThrow<IllegalArgumentException> { policy(settings) }.message

/** A run with a clock that moves only when a test advances it. */
class Run(
    policy: RetryPolicy,
    random: Random = LongestDelays,
) {
    private val session: PolicySession = policy.session(random)
    private var number = 0
    var elapsed: Duration = Duration.ZERO

    /** An attempt that takes [taking] and fails; the wait that follows passes at once. */
    fun fail(
        failure: Throwable,
        taking: Duration = Duration.ZERO,
    ): Decision = next(taking) { FailedAttempt(number, elapsed, failure) }

    fun result(value: Any?): Decision = next(Duration.ZERO) { FailedAttempt(number, elapsed, null, value) }

    private fun next(
        taking: Duration,
        attempt: () -> FailedAttempt,
    ): Decision {
        number++
        elapsed += taking
        return session.decide(attempt()).also { if (it is Decision.RetryAfter) elapsed += it.delay }
    }
}

/** True if a run continues after its first attempt failed with [failure]. */
fun RetryPolicy.retries(failure: Throwable): Boolean = Run(this).fail(failure) is Decision.RetryAfter

fun gaveUp(reason: StopReason): Decision = Decision.GiveUp(reason)

fun retryAfter(delay: Duration): Decision = Decision.RetryAfter(delay)
