package dev.reprise.internal.policy

import dev.reprise.RetryPolicies
import dev.reprise.RetryPolicy
import dev.reprise.RetryPolicyBuilder
import dev.reprise.policy.Jitter
import dev.reprise.policy.Lint.Kind
import dev.reprise.testing.FatalError
import dev.reprise.testing.FlakyException
import dev.reprise.testing.ThrottledException
import dev.reprise.testing.policy
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.shouldBe
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

private const val FLAKY = "dev.reprise.testing.FlakyException"
private const val THROTTLED = "dev.reprise.testing.ThrottledException"

private fun lints(settings: RetryPolicyBuilder.() -> Any?): List<String> = policy(settings).explain().lints.map { "$it" }

private fun rules(settings: RetryPolicyBuilder.() -> Any?): List<String> =
    lints {
        settings()
        every(1.seconds)
        maxAttempts(3)
    }

class PolicyLintsTest : FunSpec({
    test("the presets have none") {
        listOf(
            RetryPolicies.durableDefault(),
            RetryPolicies.zato(3, 5),
            RetryPolicies.pythonRetryable(1.seconds),
        ).flatMap { it.explain().lints }.shouldBeEmpty()
    }

    test("cap never reached") {
        lints {
            exponential(1.seconds, max = 1.minutes)
            maxAttempts(4)
        } shouldBe
            listOf("CAP_NEVER_REACHED: max=1m is never reached: the longest delay is 4s")
        lints {
            exponential(1.seconds, max = 1.minutes)
            jitter(Jitter.NONE)
            maxDuration(10.seconds)
        } shouldBe
            listOf("CAP_NEVER_REACHED: max=1m is never reached: the longest delay is 4s")
        lints {
            exponential(1.seconds, factor = 1.0, max = 1.minutes)
            forever()
        } shouldBe
            listOf("CAP_NEVER_REACHED: max=1m is never reached: the longest delay is 1s")
        lints {
            on<FlakyException>(schedule = { fibonacci(1.seconds, max = 1.hours) })
            every(1.seconds)
            maxAttempts(5)
        } shouldBe
            listOf("CAP_NEVER_REACHED: max=1h is never reached: the longest delay is 3s")
        RetryPolicies
            .twisted()
            .explain()
            .lints
            .map { it.kind } shouldBe listOf(Kind.CAP_NEVER_REACHED)
        lints {
            exponential(1.seconds, max = 4.seconds)
            maxAttempts(4)
        }.shouldBeEmpty()
        lints {
            exponential(1.seconds, max = 1.days)
            unless<Exception>()
            forever()
        }.shouldBeEmpty()
        // With full jitter short waits may leave the time to get there.
        lints {
            exponential(1.seconds, max = 8.seconds)
            maxDuration(10.seconds)
        }.shouldBeEmpty()
    }

    test("deadline before the first retry") {
        lints {
            every(1.minutes)
            maxDuration(30.seconds)
        } shouldBe
            listOf("DEADLINE_BEFORE_FIRST_RETRY: maxDuration(30s) can end the run before the first retry: the first delay of 1m reaches it")
        lints {
            every(20.seconds)
            initialDelay(10.seconds)
            maxDuration(30.seconds)
        } shouldBe
            listOf(
                "DEADLINE_BEFORE_FIRST_RETRY: maxDuration(30s) can end the run before the first retry: " +
                    "initialDelay(10s) and the first delay of 20s reach it",
            )
        lints {
            every(1.seconds)
            maxDuration(30.seconds)
            on<FlakyException>(schedule = { every(1.minutes) })
        }.size shouldBe 1
        lints {
            every(1.minutes)
            maxDuration(30.seconds)
            maxAttempts(1)
        }.shouldBeEmpty()
        lints {
            every(29.seconds)
            maxDuration(30.seconds)
        }.shouldBeEmpty()
    }

    test("an on that an earlier one hides") {
        rules {
            on<FlakyException>()
            on<ThrottledException>()
        } shouldBe
            listOf("RULE_SHADOWED: on($THROTTLED) never applies: on($FLAKY) before it matches the same failures")
        rules {
            on<FlakyException>(inCauses = true)
            on<FlakyException>()
        }.size shouldBe 1
        rules {
            on<ThrottledException>()
            on<FlakyException>()
        }.shouldBeEmpty()
        rules {
            on<FlakyException> { true }
            on<ThrottledException>()
        }.shouldBeEmpty()
        rules {
            on<FlakyException>()
            on<ThrottledException>(inCauses = true)
        }.shouldBeEmpty()
        rules {
            on<Throwable>()
            on<FatalError>()
        }.shouldBeEmpty()
    }

    test("an on that an unless covers") {
        rules {
            on<ThrottledException>()
            unless<FlakyException>()
        } shouldBe
            listOf("RULE_FORBIDDEN: on($THROTTLED) retries nothing: unless($FLAKY) matches all of its failures")
        rules {
            on<FatalError>()
            unless<Throwable>()
        }.size shouldBe 1
        rules {
            on<FlakyException>()
            unless<ThrottledException>()
        }.shouldBeEmpty()
        rules {
            on<ThrottledException>()
            unless<FlakyException> { true }
        }.shouldBeEmpty()
        rules {
            on<ThrottledException>(inCauses = true)
            unless<FlakyException>()
        }.shouldBeEmpty()
    }

    test("no wait between unlimited attempts") {
        val message = "NO_DELAY: attempts have no limit and no delay between them; add every, exponential, linear, fibonacci or delays"
        lints { forever() } shouldBe listOf(message)
        lints { maxDuration(1.minutes) } shouldBe listOf(message)
        lints {
            every(1.seconds)
            on<FlakyException>(schedule = { every(Duration.ZERO) })
            forever()
        } shouldBe listOf(message)
        lints { maxAttempts(3) }.shouldBeEmpty()
        lints {
            retryAfter { 1.seconds }
            forever()
        }.shouldBeEmpty()
        (
            policy { forever() } and
                policy {
                    every(1.seconds)
                    forever()
                }
        ).explain().lints.shouldBeEmpty()
        (
            policy { forever() } or
                policy {
                    every(1.seconds)
                    forever()
                }
        ).explain().lints.map { it.kind } shouldBe listOf(Kind.NO_DELAY)
    }

    test("attemptTimeout not shorter than maxDuration") {
        lints {
            every(1.seconds)
            maxDuration(30.seconds)
            attemptTimeout(30.seconds)
        } shouldBe
            listOf("ATTEMPT_TIMEOUT_IDLE: attemptTimeout(30s) has no effect: maxDuration(30s) comes first")
        lints {
            every(1.seconds)
            maxDuration(30.seconds)
            attemptTimeout(29.seconds)
        }.shouldBeEmpty()
    }

    test("more delays than attempts") {
        lints {
            delays(listOf(1.seconds, 2.seconds, 3.seconds))
            maxAttempts(3)
        } shouldBe
            listOf("DELAYS_UNUSED: delays lists 3 delays, but maxAttempts(3) uses 2")
        lints {
            delays(listOf(1.seconds, 2.seconds))
            maxAttempts(3)
        }.shouldBeEmpty()
    }

    test("a part that is never reached") {
        (
            policy {
                every(1.seconds)
                forever()
            } then
                policy {
                    every(1.minutes)
                    forever()
                }
        ).explain().lints.map { "$it" } shouldBe
            listOf("PART_NEVER_REACHED: the part after 'then' is never reached: every(1s) forever has no limit")
    }
})
