package dev.reprise.benchmarks

import arrow.resilience.Schedule
import com.github.michaelbull.retry.attempt.FailedAttempt
import com.github.michaelbull.retry.instruction.StopRetrying
import com.github.michaelbull.retry.policy.RetryPolicy
import com.github.michaelbull.retry.policy.binaryExponentialBackoff
import dev.reprise.policy.Decision
import dev.reprise.policy.Jitter
import dev.reprise.retryPolicy
import io.github.resilience4j.core.IntervalFunction
import org.springframework.util.backoff.BackOffExecution
import org.springframework.util.backoff.ExponentialBackOff
import kotlin.coroutines.Continuation
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.intrinsics.startCoroutineUninterceptedOrReturn
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds

/**
 * One decision, outside of any run, about a failure at attempt [number]: how long to wait. For each contender the exponential backoff of
 * its library from 100 ms, factor 2, at most an hour, no jitter, no end.
 *
 * Peers whose schedule is a walk and not a function of the number are walked to it first, outside of the measurement.
 */
class Decisions(
    private val number: Int,
) {
    private val failure = IllegalStateException("not yet")

    private val reprise =
        retryPolicy {
            exponential(100.milliseconds, max = 1.hours)
            jitter(Jitter.NONE)
            forever()
        }.session()

    /** Only the interval is computed here, not the test of the exception. */
    private val resilience4j = IntervalFunction.ofExponentialBackoff(100, 2.0, 3_600_000)

    private val kotlinRetry: RetryPolicy<Throwable> = binaryExponentialBackoff(100, 3_600_000)

    /** An execution stores the interval it returned last. */
    private val spring: BackOffExecution =
        ExponentialBackOff(100, 2.0)
            .apply {
                maxInterval = 3_600_000
            }.start()
            .also { walk -> repeat(number - 1) { walk.nextBackOff() } }

    /** A step is a function that returns the next one: the one at [number] can be called repeatedly. Arrow has no cap. */
    private val arrow: suspend (Throwable) -> Schedule.Decision<Throwable, Duration> =
        run {
            var step: suspend (
                Throwable,
            ) -> Schedule.Decision<Throwable, Duration> = Schedule.exponential<Throwable>(100.milliseconds)::invoke
            repeat(number - 1) { step = (returnOf { step(failure) } as Schedule.Decision.Continue).step }
            step
        }

    fun reprise(): Decision = reprise.decide(dev.reprise.policy.FailedAttempt(number, Duration.ZERO, failure))

    fun resilience4j(): Long = resilience4j.apply(number)

    /** An instruction is a number in a value class, which Java could only see boxed. */
    fun kotlinRetry(): Boolean = kotlinRetry(FailedAttempt(failure, number, 0, 0)) == StopRetrying

    fun spring(): Long = spring.nextBackOff()

    fun arrow(): Any? = returnOf { arrow(failure) }

    private fun <T> returnOf(block: suspend () -> T): T {
        @Suppress("UNCHECKED_CAST")
        return block.startCoroutineUninterceptedOrReturn(Nobody) as T
    }
}

private object Nobody : Continuation<Any?> {
    override val context = EmptyCoroutineContext

    override fun resumeWith(result: Result<Any?>) = error("never suspended, never resumed")
}
