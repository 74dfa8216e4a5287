package dev.reprise.internal.policy

import dev.reprise.RetryPolicies
import dev.reprise.RetryPolicy
import dev.reprise.policy.StopReason
import dev.reprise.testing.policy
import dev.reprise.testing.waits
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

private fun refusal(make: () -> Unit): String? = shouldThrow<IllegalArgumentException>(make).message

/** The delays before each call, including the first, as a back-off iterator returns them. */
private fun yields(policy: RetryPolicy): List<Duration> = policy.simulate().let { listOf(it.initialDelay) + it.delays }

class PresetsTest : FunSpec({
    test("twisted: ten calls, immediately and after 10 ms, 20 ms … 2.56 s") {
        yields(RetryPolicies.twisted()) shouldBe listOf(0, 10, 20, 40, 80, 160, 320, 640, 1_280, 2_560).map { it.milliseconds }
        "${RetryPolicies.twisted()}" shouldBe "exponential(10ms, max=2m) jitter(none) maxAttempts(10) rethrow(first)"
    }

    test("twisted: the first delay is zero with now, which is the default") {
        yields(RetryPolicies.twisted()).first() shouldBe Duration.ZERO
        yields(RetryPolicies.twisted(now = true)).first() shouldBe Duration.ZERO
    }

    test("twisted: the first delay is the initial delay without now") {
        yields(RetryPolicies.twisted(now = false)).take(3) shouldBe listOf(10.milliseconds, 20.milliseconds, 40.milliseconds)
        yields(RetryPolicies.twisted(now = false, initialDelay = 7.seconds)).first() shouldBe 7.seconds
        yields(RetryPolicies.twisted(now = true, initialDelay = 9.seconds)).take(2) shouldBe listOf(Duration.ZERO, 9.seconds)
    }

    test("twisted: stops after the configured number of calls") {
        yields(RetryPolicies.twisted()).size shouldBe 10
        yields(RetryPolicies.twisted(now = false, calls = 12)).size shouldBe 12
        yields(RetryPolicies.twisted(calls = 1)) shouldBe listOf(Duration.ZERO)
        RetryPolicies.twisted().simulate().stopReason shouldBe StopReason.EXHAUSTED
    }

    test("twisted: no delay is negative") {
        yields(RetryPolicies.twisted(calls = 100)).none { it.isNegative() } shouldBe true
    }

    test("twisted: multiplies by its factor, up to the longest delay") {
        yields(RetryPolicies.twisted(calls = 5, now = false, initialDelay = 1.seconds, factor = 3.0, maxDelay = 10.seconds)) shouldBe
            listOf(1, 3, 9, 10, 10).map { it.seconds }
        yields(RetryPolicies.twisted(calls = 3, initialDelay = 200.seconds)) shouldBe listOf(0, 120, 120).map { it.seconds }
        yields(RetryPolicies.twisted(calls = 3, now = false, initialDelay = 200.seconds)) shouldBe listOf(120, 120, 120).map { it.seconds }
    }

    test("other increases use other delays: a constant after the first, or a sum") {
        yields(
            policy {
                initialDelay(3.seconds)
                every(5.seconds)
                maxAttempts(11)
            },
        ) shouldBe listOf(3.seconds) + List(10) { 5.seconds }
        yields(
            policy {
                initialDelay(2.seconds)
                linear(5.seconds, step = 3.seconds, max = 10.seconds)
                maxAttempts(5)
            },
        ) shouldBe
            listOf(2, 5, 8, 10, 10).map { it.seconds }
    }

    test("twisted rejects settings that make no sense") {
        refusal { RetryPolicies.twisted(calls = 0) } shouldBe
            "calls must be at least 1, but was 0; it counts all calls, including the first"
        refusal { RetryPolicies.twisted(initialDelay = Duration.ZERO) } shouldBe
            "initialDelay must be positive, but was 0s; for no delay, use every with zero"
        refusal { RetryPolicies.twisted(maxDelay = (-1).seconds) } shouldBe "maxDelay must be positive, but was -1s"
        refusal { RetryPolicies.twisted(factor = 0.5, now = false) } shouldBe "factor must be a finite number of at least 1, but was 0.5"
    }

    test("three days: eleven growing delays and sixty-nine hourly ones, 81 calls") {
        val waits = waits(RetryPolicies.durableDefault())
        waits.size shouldBe 80
        waits.take(3) shouldBe listOf(1.minutes, 1.5.minutes, 2.25.minutes)
        waits.take(11).zipWithNext().all { (a, b) -> a < b } shouldBe true
        waits.take(11).map { it.inWholeSeconds } shouldBe listOf(60L, 90, 135, 202, 303, 455, 683, 1_025, 1_537, 2_306, 3_459)
        waits.drop(11) shouldBe List(69) { 1.hours }
        RetryPolicies.durableDefault().simulate().run { attempts to stopReason } shouldBe (81 to StopReason.DEADLINE)
        "${RetryPolicies.durableDefault()}" shouldBe "exponential(1m, factor=1.5, max=1h) jitter(none) maxDuration(3d)"
    }

    test("zato: the total number of calls, with seconds or minutes between them") {
        waits(RetryPolicies.zato(3, 5)) shouldBe listOf(5.seconds, 5.seconds)
        waits(RetryPolicies.zato(2, minutes = 1)) shouldBe listOf(1.minutes)
        waits(RetryPolicies.zato(repeats = 1, seconds = 5)) shouldBe emptyList()
    }

    test("zato: either minutes or seconds") {
        refusal { RetryPolicies.zato(3) } shouldBe "set either seconds or minutes, but neither was set"
        refusal { RetryPolicies.zato(3, seconds = 5, minutes = 1) } shouldBe
            "set either seconds or minutes, but both were set: 5 s and 1 min"
        refusal { RetryPolicies.zato(3, seconds = 0) } shouldBe "seconds must be positive, but was 0"
        refusal { RetryPolicies.zato(3, minutes = -1) } shouldBe "minutes must be positive, but was -1"
        refusal { RetryPolicies.zato(0, seconds = 5) } shouldBe
            "repeats must be at least 1, but was 0; it counts all calls, including the first"
    }

    test("pythonRetryable: a fixed delay, without limit or for some retries") {
        RetryPolicies.pythonRetryable(60.seconds) shouldBe
            policy {
                every(60.seconds)
                forever()
            }
        RetryPolicies.pythonRetryable(60.seconds, maxRetries = 3) shouldBe
            policy {
                every(60.seconds)
                maxRetries(3)
            }
        refusal { RetryPolicies.pythonRetryable(60.seconds, maxRetries = -1) } shouldBe
            "maxRetries must not be negative, but was -1; to retry without limit, call forever()"
    }
})
