package dev.reprise.internal.policy

import dev.reprise.policy.Jitter
import dev.reprise.policy.Rethrow
import dev.reprise.testing.FlakyException
import dev.reprise.testing.openPolicy
import dev.reprise.testing.policy
import dev.reprise.testing.refusal
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.seconds

private const val NO_LIMIT =
    "This policy never ends. Add maxAttempts(n), maxRetries(n), maxDuration(d) or delays(list), or call forever() to retry without limit."

/** Each message names what is wrong with the value, or which two settings contradict each other. */
class RetryPolicyBuilderTest : FunSpec({
    test("a policy that nothing ends is rejected, and the message says how to fix it") {
        refusal { } shouldBe NO_LIMIT
        refusal { every(1.seconds) } shouldBe NO_LIMIT
        refusal {
            attemptTimeout(1.seconds)
            on<FlakyException>(schedule = { delays(listOf(1.seconds)) })
        } shouldBe NO_LIMIT
        refusal { maxDuration(Duration.INFINITE) } shouldBe NO_LIMIT
    }

    test("each of these ends a policy") {
        policy { maxAttempts(1) }
        policy { maxRetries(0) }
        policy { maxDuration(1.seconds) }
        policy { delays(listOf(1.seconds)) }
        policy { delays(generateSequence { 1.seconds }) }
        policy { forever() }
        openPolicy { every(1.seconds) }
    }

    test("counts") {
        refusal { maxAttempts(0) } shouldBe "maxAttempts must be at least 1, but was 0; it counts all attempts, including the first"
        refusal { maxAttempts(-1) } shouldBe "maxAttempts must be at least 1, but was -1; it counts all attempts, including the first"
        refusal { maxRetries(-1) } shouldBe "maxRetries must not be negative, but was -1; to retry without limit, call forever()"
        refusal {
            maxAttempts(3)
            maxRetries(2)
        } shouldBe "maxRetries(2) contradicts maxAttempts(3), which was set before; keep one of them"
    }

    test("times") {
        refusal { maxDuration(Duration.ZERO) } shouldBe "maxDuration must be positive, but was 0s"
        refusal {
            maxDuration(1.seconds)
            maxDuration(2.seconds)
        } shouldBe "maxDuration(2s) contradicts maxDuration(1s), which was set before; keep one of them"
        refusal { attemptTimeout((-1).seconds) } shouldBe "attemptTimeout must be positive, but was -1s"
        refusal {
            attemptTimeout(1.seconds)
            attemptTimeout(2.seconds)
        } shouldBe
            "attemptTimeout(2s) contradicts attemptTimeout(1s), which was set before; keep one of them"
        refusal { initialDelay((-1).seconds) } shouldBe "initialDelay must not be negative, but was -1s"
        refusal {
            initialDelay(1.seconds)
            initialDelay(2.seconds)
        } shouldBe
            "initialDelay(2s) contradicts initialDelay(1s), which was set before; keep one of them"
        refusal {
            initialDelay(5.seconds)
            maxDuration(5.seconds)
        } shouldBe
            "initialDelay (5s) must be shorter than maxDuration (5s): no attempt would start"
        refusal {
            initialDelay(100_000.days)
            forever()
        } shouldBe
            "initialDelay (infinite) must be shorter than maxDuration (infinite): no attempt would start"
    }

    test("forever and a limit") {
        refusal {
            forever()
            maxAttempts(3)
        } shouldBe "forever() contradicts maxAttempts(3); keep one of them"
        refusal {
            maxDuration(3.seconds)
            forever()
        } shouldBe "forever() contradicts maxDuration(3s); keep one of them"
        refusal {
            delays(listOf(3.seconds))
            forever()
        } shouldBe "forever() contradicts delays, which end; keep one of them"
    }

    test("waits") {
        refusal { every((-1).seconds) } shouldBe "every must not be negative, but was -1s; zero retries immediately"
        refusal { exponential(Duration.ZERO) } shouldBe "base must be positive, but was 0s; to retry immediately, use every with zero"
        refusal { exponential(2.seconds, max = 1.seconds) } shouldBe "max must be at least base (2s), but was 1s"
        for (factor in listOf(0.5, Double.NaN, Double.POSITIVE_INFINITY, -1.0)) {
            refusal { exponential(1.seconds, factor) } shouldBe
                "factor must be a finite number of at least 1, but was $factor; for a fixed delay, use every"
        }
        refusal { linear((-1).seconds) } shouldBe "base must be positive, but was -1s; to retry immediately, use every with zero"
        refusal { linear(1.seconds, step = (-1).seconds) } shouldBe "step must not be negative, but was -1s"
        refusal { fibonacci(1.seconds, max = Duration.ZERO) } shouldBe "max must be at least base (1s), but was 0s"
        refusal { delays(emptyList<Duration>()) } shouldBe "delays must not be empty; for a single attempt, use maxAttempts(1)"
        refusal { delays(listOf(1.seconds, (-2).seconds)) } shouldBe "a delay must not be negative, but was -2s in delays(1s, -2s)"
    }

    test("two schedules, two jitters, and a jitter with nothing to spread") {
        refusal {
            every(1.seconds)
            exponential(2.seconds)
        } shouldBe
            "exponential(2s) contradicts every(1s), which was set before; keep one of them, or join two policies with and, or, then"
        refusal {
            jitter(Jitter.FULL)
            jitter(Jitter.NONE)
        } shouldBe
            "jitter(NONE) contradicts jitter(FULL), which was set before; keep one of them"
        refusal {
            jitter(Jitter.FULL)
            maxAttempts(3)
        } shouldBe
            "jitter(FULL) needs delays to spread; add every, exponential, linear, fibonacci or delays"
        refusal { on<FlakyException>(schedule = { this }) } shouldBe
            "the schedule of on(FlakyException) is empty; add every, exponential, linear, fibonacci or delays"
    }

    test("settings that can be set once only") {
        refusal {
            failureTester { { null } }
            failureTester { { null } }
        } shouldBe
            "failureTester was set before; use one tester that makes both checks"
        refusal {
            retryAfter { null }
            retryAfter { null }
        } shouldBe "retryAfter was set before; use one function that reads both hints"
        refusal {
            rethrow(Rethrow.FIRST)
            rethrow(Rethrow.LAST)
        } shouldBe
            "rethrow(LAST) contradicts rethrow(FIRST), which was set before; keep one of them"
        policy {
            rethrow(Rethrow.FIRST)
            rethrow(Rethrow.FIRST)
            returnLastResult()
            returnLastResult()
            forever()
        }.logic.rethrow shouldBe Rethrow.FIRST
    }
})
