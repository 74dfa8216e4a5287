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

private const val NO_END =
    "nothing ends this policy: say maxAttempts(n), maxRetries(n), within(time), delays(…), or forever(); " +
        "in retry { } stopWhen(signal) or budget(…) will do as well"

/** Each refusal says what was wrong with the value, or which two settings contradict each other. */
class RetryPolicyBuilderTest : FunSpec({
    test("a policy that nothing ends is refused, and the message says what would mend it") {
        refusal { } shouldBe NO_END
        refusal { every(1.seconds) } shouldBe NO_END
        refusal {
            attemptTimeout(1.seconds)
            on<FlakyException>(waits = { delays(listOf(1.seconds)) })
        } shouldBe NO_END
        refusal { within(Duration.INFINITE) } shouldBe NO_END
    }

    test("each of these ends a policy") {
        policy { maxAttempts(1) }
        policy { maxRetries(0) }
        policy { within(1.seconds) }
        policy { delays(listOf(1.seconds)) }
        policy { delays(generateSequence { 1.seconds }) }
        policy { forever() }
        openPolicy { every(1.seconds) }
    }

    test("counts") {
        refusal { maxAttempts(0) } shouldBe "maxAttempts must be positive, but was 0; it counts all calls, the first included"
        refusal { maxAttempts(-1) } shouldBe "maxAttempts must be positive, but was -1; it counts all calls, the first included"
        refusal { maxRetries(-1) } shouldBe "maxRetries must not be negative, but was -1; forever() sets no limit"
        refusal {
            maxAttempts(3)
            maxRetries(2)
        } shouldBe "maxRetries(2) contradicts maxAttempts(3), given before; keep one of them"
    }

    test("times") {
        refusal { within(Duration.ZERO) } shouldBe "within must be positive, but was 0s"
        refusal {
            within(1.seconds)
            within(2.seconds)
        } shouldBe "within(2s) contradicts within(1s), given before; keep one of them"
        refusal { attemptTimeout((-1).seconds) } shouldBe "attemptTimeout must be positive, but was -1s"
        refusal {
            attemptTimeout(1.seconds)
            attemptTimeout(2.seconds)
        } shouldBe
            "attemptTimeout(2s) contradicts attemptTimeout(1s), given before; keep one of them"
        refusal { initialDelay((-1).seconds) } shouldBe "initialDelay must not be negative, but was -1s"
        refusal {
            initialDelay(1.seconds)
            initialDelay(2.seconds)
        } shouldBe
            "initialDelay(2s) contradicts initialDelay(1s), given before; keep one of them"
        refusal {
            initialDelay(5.seconds)
            within(5.seconds)
        } shouldBe
            "initialDelay (5s) must be shorter than within (5s): no attempt would start"
        refusal {
            initialDelay(100_000.days)
            forever()
        } shouldBe
            "initialDelay (100000d) must be shorter than within (Infinity): no attempt would start"
    }

    test("forever and a limit") {
        refusal {
            forever()
            maxAttempts(3)
        } shouldBe "forever() contradicts maxAttempts(3); keep one of them"
        refusal {
            within(3.seconds)
            forever()
        } shouldBe "forever() contradicts within(3s); keep one of them"
        refusal {
            delays(listOf(3.seconds))
            forever()
        } shouldBe "forever() contradicts delays, which end; keep one of them"
    }

    test("waits") {
        refusal { every((-1).seconds) } shouldBe "every must not be negative, but was -1s; every(0.seconds) retries at once"
        refusal { exponential(Duration.ZERO) } shouldBe "base must be positive, but was 0s; every(0.seconds) retries at once"
        refusal { exponential(2.seconds, max = 1.seconds) } shouldBe "max must be at least base (2s), but was 1s"
        for (factor in listOf(0.5, Double.NaN, Double.POSITIVE_INFINITY, -1.0)) {
            refusal { exponential(1.seconds, factor) } shouldBe
                "factor must be a finite number of at least 1, but was $factor; every(1s) keeps the wait the same"
        }
        refusal { linear((-1).seconds) } shouldBe "base must be positive, but was -1s; every(0.seconds) retries at once"
        refusal { linear(1.seconds, step = (-1).seconds) } shouldBe "step must not be negative, but was -1s"
        refusal { fibonacci(1.seconds, max = Duration.ZERO) } shouldBe "max must be at least base (1s), but was 0s"
        refusal { delays(emptyList()) } shouldBe "delays must name at least one wait; maxAttempts(1) makes a single attempt"
        refusal { delays(listOf(1.seconds, (-2).seconds)) } shouldBe "a wait must not be negative, but was -2s in delays([1s, -2s])"
    }

    test("two schedules, two jitters, and a jitter with nothing to spread") {
        refusal {
            every(1.seconds)
            exponential(2.seconds)
        } shouldBe
            "exponential(2s) contradicts every(1s), given before; keep one of them, or join two policies with and, or, then"
        refusal {
            jitter(Jitter.Full)
            jitter(Jitter.None)
        } shouldBe
            "jitter(None) contradicts jitter(Full), given before; keep one of them"
        refusal {
            jitter(Jitter.Full)
            maxAttempts(3)
        } shouldBe
            "jitter(Full) spreads nothing: say what the waits are with every, exponential, linear, fibonacci or delays"
        refusal { on<FlakyException>(waits = { }) } shouldBe "waits of on<FlakyException> is empty; say every, exponential …"
    }

    test("what can be told once only") {
        refusal {
            failureTester { { null } }
            failureTester { { null } }
        } shouldBe
            "failureTester is given twice; let one tester ask both questions"
        refusal {
            delayFrom { null }
            delayFrom { null }
        } shouldBe "delayFrom is given twice; let one function read both hints"
        refusal {
            rethrow(Rethrow.First)
            rethrow(Rethrow.Last)
        } shouldBe
            "rethrow(Last) contradicts rethrow(First), given before; keep one of them"
        policy {
            rethrow(Rethrow.First)
            rethrow(Rethrow.First)
            orLast()
            orLast()
            forever()
        }.logic.rethrow shouldBe Rethrow.First
    }
})
