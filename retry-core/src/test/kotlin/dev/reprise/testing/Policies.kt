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

fun policy(tell: RetryPolicyBuilder.() -> Unit): RetryPolicy = RetryPolicyBuilder().apply(tell).buildPolicy()

/** A policy as `retry { stopWhen(…) }` builds it: something outside of it ends the run. */
fun openPolicy(tell: RetryPolicyBuilder.() -> Unit): RetryPolicy =
    object : RetryPolicyBuilder() {
        override val endsOtherwise: Boolean get() = true
    }.apply(tell).buildPolicy()

/** The first [n] waits of a run whose attempts fail at once, or fewer if it ends before; jitter draws the longest unless told otherwise. */
fun waits(
    policy: RetryPolicy,
    n: Int = 100,
    random: Random = LongestDelays,
    failure: Throwable = FlakyException(),
): List<Duration> {
    val run = Run(policy, random)
    return generateSequence { run.fail(failure) as? Decision.RetryAfter }.map { it.delay }.take(n).toList()
}

/** The message with which the builder refuses [tell]. */
fun refusal(tell: RetryPolicyBuilder.() -> Unit): String? = shouldThrow<IllegalArgumentException> { policy(tell) }.message

/** A run with a clock that moves only when it is told to. */
class Run(
    policy: RetryPolicy,
    random: Random = LongestDelays,
) {
    private val decisions: PolicySession = policy.decisions(random)
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
        return decisions.next(attempt()).also { if (it is Decision.RetryAfter) elapsed += it.delay }
    }
}

/** True if a run goes on after its first attempt failed with [failure]. */
fun RetryPolicy.retries(failure: Throwable): Boolean = Run(this).fail(failure) is Decision.RetryAfter

fun gaveUp(reason: StopReason): Decision = Decision.GiveUp(reason)

fun retryAfter(delay: Duration): Decision = Decision.RetryAfter(delay)
