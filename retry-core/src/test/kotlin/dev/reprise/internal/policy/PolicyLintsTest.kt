package dev.reprise.internal.policy

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

private fun lints(tell: RetryPolicyBuilder.() -> Unit): List<String> = policy(tell).explain().lints.map { "$it" }

private fun rules(tell: RetryPolicyBuilder.() -> Unit): List<String> =
    lints {
        tell()
        every(1.seconds)
        maxAttempts(3)
    }

class PolicyLintsTest : FunSpec({
    test("the presets have none") {
        listOf(
            RetryPolicy.threeDays(),
            RetryPolicy.zato(3, 5),
            RetryPolicy.retryable(1.seconds),
        ).flatMap { it.explain().lints }.shouldBeEmpty()
    }

    test("cap never reached") {
        lints {
            exponential(1.seconds, max = 1.minutes)
            maxAttempts(4)
        } shouldBe
            listOf("CAP_NEVER_REACHED: max=1m is never reached: the longest wait is 4s")
        lints {
            exponential(1.seconds, max = 1.minutes)
            jitter(Jitter.None)
            within(10.seconds)
        } shouldBe
            listOf("CAP_NEVER_REACHED: max=1m is never reached: the longest wait is 4s")
        lints {
            exponential(1.seconds, factor = 1.0, max = 1.minutes)
            forever()
        } shouldBe
            listOf("CAP_NEVER_REACHED: max=1m is never reached: the longest wait is 1s")
        lints {
            on<FlakyException>(waits = { fibonacci(1.seconds, max = 1.hours) })
            every(1.seconds)
            maxAttempts(5)
        } shouldBe
            listOf("CAP_NEVER_REACHED: max=1h is never reached: the longest wait is 3s")
        RetryPolicy
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
            within(10.seconds)
        }.shouldBeEmpty()
    }

    test("deadline before the first retry") {
        lints {
            every(1.minutes)
            within(30.seconds)
        } shouldBe
            listOf("DEADLINE_BEFORE_FIRST_RETRY: within(30s) may end the run before the first retry: the first wait of 1m reaches it")
        lints {
            every(20.seconds)
            initialDelay(10.seconds)
            within(30.seconds)
        } shouldBe
            listOf(
                "DEADLINE_BEFORE_FIRST_RETRY: within(30s) may end the run before the first retry: " +
                    "initialDelay(10s) and the first wait of 20s reach it",
            )
        lints {
            every(1.seconds)
            within(30.seconds)
            on<FlakyException>(waits = { every(1.minutes) })
        }.size shouldBe 1
        lints {
            every(1.minutes)
            within(30.seconds)
            maxAttempts(1)
        }.shouldBeEmpty()
        lints {
            every(29.seconds)
            within(30.seconds)
        }.shouldBeEmpty()
    }

    test("an on that an earlier one hides") {
        rules {
            on<FlakyException>()
            on<ThrottledException>()
        } shouldBe
            listOf("RULE_SHADOWED: on($THROTTLED) is never asked: on($FLAKY) stands before it")
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
            listOf("RULE_FORBIDDEN: on($THROTTLED) retries nothing: unless($FLAKY) covers it")
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
        val message = "NO_WAIT: the number of attempts is not limited and nothing is waited between them: say every, exponential …"
        lints { forever() } shouldBe listOf(message)
        lints { within(1.minutes) } shouldBe listOf(message)
        lints {
            every(1.seconds)
            on<FlakyException>(waits = { every(Duration.ZERO) })
            forever()
        } shouldBe listOf(message)
        lints { maxAttempts(3) }.shouldBeEmpty()
        lints {
            delayFrom { 1.seconds }
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
        ).explain().lints.map { it.kind } shouldBe listOf(Kind.NO_WAIT)
    }

    test("attemptTimeout not shorter than within") {
        lints {
            every(1.seconds)
            within(30.seconds)
            attemptTimeout(30.seconds)
        } shouldBe
            listOf("ATTEMPT_TIMEOUT_IDLE: attemptTimeout(30s) never cuts: within(30s) comes first")
        lints {
            every(1.seconds)
            within(30.seconds)
            attemptTimeout(29.seconds)
        }.shouldBeEmpty()
    }

    test("more delays than attempts") {
        lints {
            delays(listOf(1.seconds, 2.seconds, 3.seconds))
            maxAttempts(3)
        } shouldBe
            listOf("DELAYS_UNUSED: delays lists 3 waits, but maxAttempts(3) uses 2")
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
            listOf("PART_NEVER_REACHED: what follows 'then' is never reached: every(1s) forever has no limit")
    }
})
