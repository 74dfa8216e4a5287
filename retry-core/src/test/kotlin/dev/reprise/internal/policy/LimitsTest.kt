package dev.reprise.internal.policy

import dev.reprise.RetryPolicyBuilder
import dev.reprise.policy.Decision
import dev.reprise.policy.FailedAttempt
import dev.reprise.policy.StopReason
import dev.reprise.testing.FlakyException
import dev.reprise.testing.Run
import dev.reprise.testing.gaveUp
import dev.reprise.testing.policy
import dev.reprise.testing.retryAfter
import dev.reprise.testing.waits
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.long
import io.kotest.property.checkAll
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds

class LimitsTest : FunSpec({
    test("maxAttempts counts all calls, including the first") {
        (1..5).map { n -> waits(policy { maxAttempts(n) }).size + 1 } shouldBe listOf(1, 2, 3, 4, 5)
    }

    test("maxRetries counts the calls after the first") {
        (0..4).map { n -> waits(policy { maxRetries(n) }).size + 1 } shouldBe listOf(1, 2, 3, 4, 5)
    }

    test("the largest count is a count like any other") {
        for (policy in listOf(policy { maxAttempts(Int.MAX_VALUE) }, policy { maxRetries(Int.MAX_VALUE) })) {
            policy.session().decide(FailedAttempt(Int.MAX_VALUE - 1, Duration.ZERO, FlakyException())) shouldBe retryAfter(Duration.ZERO)
            policy.session().decide(FailedAttempt(Int.MAX_VALUE, Duration.ZERO, FlakyException())) shouldBe gaveUp(StopReason.EXHAUSTED)
        }
    }

    test("no attempt starts at or after the deadline") {
        val policy =
            policy {
                every(100.milliseconds)
                maxDuration(500.milliseconds)
            }
        waits(policy) shouldBe List(4) { 100.milliseconds }
        val run = Run(policy)
        run.fail(FlakyException(), taking = 399.milliseconds) shouldBe retryAfter(100.milliseconds)
        run.fail(FlakyException(), taking = 1.milliseconds) shouldBe gaveUp(StopReason.DEADLINE)
    }

    test("a delay that would reach the deadline does not start, to the nanosecond") {
        val policy =
            policy {
                every(1.seconds)
                maxDuration(3.seconds)
            }
        Run(policy).fail(FlakyException(), taking = 2.seconds - 1.nanoseconds) shouldBe retryAfter(1.seconds)
        Run(policy).fail(FlakyException(), taking = 2.seconds) shouldBe gaveUp(StopReason.DEADLINE)
    }

    test("without a delay the deadline ends the run as well") {
        val run = Run(policy { maxDuration(1.seconds) })
        run.fail(FlakyException(), taking = 0.9.seconds) shouldBe retryAfter(Duration.ZERO)
        run.fail(FlakyException(), taking = 0.1.seconds) shouldBe gaveUp(StopReason.DEADLINE)
    }

    test("no delay of any run passes the deadline") {
        checkAll(300, Arb.long(1L..10_000_000_000), Arb.long(0L..1_000_000_000), Arb.int()) { limit, takes, seed ->
            val run =
                Run(
                    policy {
                        exponential(10.milliseconds)
                        maxDuration(limit.nanoseconds)
                    },
                    Random(seed),
                )
            val decisions = generateSequence { run.fail(FlakyException(), takes.nanoseconds) }.take(1_000)
            // After the delay, where the next attempt starts.
            for (decision in decisions.takeWhile { it is Decision.RetryAfter }) run.elapsed shouldBeLessThan limit.nanoseconds
        }
    }

    test("if count and deadline both end the run, the reason is the count") {
        Run(
            policy {
                maxAttempts(1)
                maxDuration(1.seconds)
            },
        ).fail(FlakyException(), taking = 2.seconds) shouldBe gaveUp(StopReason.EXHAUSTED)
    }

    test("forever continues") {
        waits(
            policy {
                every(1.seconds)
                forever()
            },
            5_000,
        ).size shouldBe 5_000
    }

    test("a policy does not change when its builder is used again") {
        val builder =
            RetryPolicyBuilder().apply {
                on<FlakyException>()
                maxAttempts(3)
            }
        val policy = builder.build()
        builder.unless<FlakyException>()
        builder.on<Error>()
        policy shouldBe
            policy {
                on<FlakyException>()
                maxAttempts(3)
            }
        waits(policy, failure = FlakyException()).size shouldBe 2
    }

    test("the facts of an attempt are checked") {
        shouldThrow<IllegalArgumentException> { FailedAttempt(0, Duration.ZERO, null) }.message shouldBe
            "number must be at least 1, but was 0"
        shouldThrow<IllegalArgumentException> { FailedAttempt(1, (-1).seconds, null) }.message shouldBe
            "elapsed must not be negative, but was -1s"
    }
})
