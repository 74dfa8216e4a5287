package dev.reprise.internal.policy

import dev.reprise.RetryPolicies
import dev.reprise.policy.Jitter
import dev.reprise.policy.Rethrow
import dev.reprise.testing.BrokenException
import dev.reprise.testing.FlakyException
import dev.reprise.testing.policy
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.property.checkAll
import java.io.FileNotFoundException
import java.io.IOException
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class ExplanationTest : FunSpec({
    test("the three questions, then the sums") {
        RetryPolicies.durableDefault().explain().text shouldBe
            """
            Retries every exception.
            Waits 1m, then 1.5 times as long each time, at most 1h.
            Ends after 3d.
            First delays: 1m, 1m30s, 2m15s, 3m22.5s, 5m3.75s, 7m35.625s, 11m23.4375s, 17m5.15625s …
            In total: 81 calls, 2d23h51m of delays, then DEADLINE.
            """.trimIndent()
    }

    test("rules, jitter and the ending") {
        policy {
            exponential(100.milliseconds, max = 10.seconds)
            maxAttempts(4)
            attemptTimeout(2.seconds)
            on<IOException>(inCauses = true)
            on<FlakyException>(schedule = { every(1.minutes) })
            unless<FileNotFoundException> { true }
            onResult<Int> { it < 0 }
            failureTester { { null } }
            retryAfter { null }
            initialDelay(1.seconds)
            rethrow(Rethrow.FIRST)
            returnLastResult()
        }.explain().text shouldBe
            """
            Retries java.io.IOException (also as a cause), dev.reprise.testing.FlakyException (waits 1m each time).
            Never retries java.io.FileNotFoundException on a condition.
            Retries results that match a condition.
            A tester checks each of these failures and can end the run.
            Waits 1s before the first attempt.
            Waits 100ms, then 2 times as long each time, at most 10s; jitter takes between zero and that.
            A failure can set a longer delay.
            Makes at most 4 calls, including the first.
            Cancels an attempt after 2s.
            Throws the first failure.
            Returns the last result, even if it is rejected.
            First delays, at their longest: 100ms, 200ms, 400ms.
            In total: 4 calls, 1.7s of delays, then EXHAUSTED, with the longest delays.
            """.trimIndent()
    }

    test("hints, spread delays and a limit that does not cancel") {
        policy {
            exponential(100.milliseconds, max = 1.seconds)
            jitter(0.5)
            retryAfter(replace = true) { null }
            retryAfterResult<Int> { null }
            maxRetryAfter(1.minutes)
            onResult<Int> { it < 0 }
            maxAttempts(3)
            maxDuration(1.minutes, cancel = false)
        }.explain().text shouldBe
            """
            Retries every exception.
            Retries results that match a condition.
            Waits 100ms, then 2 times as long each time, at most 1s; jitter adds or removes up to 0.5 times that, within the cap.
            A failure can set another delay, also a shorter one.
            A rejected result can set a longer delay.
            Gives up if the remote service asks for a delay of more than 1m.
            Makes at most 3 calls, including the first.
            Starts no attempt after 1m; one that is running then can finish.
            First delays, at their longest: 150ms, 300ms.
            In total: 3 calls, 450ms of delays, then EXHAUSTED, with the longest delays.
            """.trimIndent()
        policy {
            uniform(1.seconds, 3.seconds)
            maxAttempts(2)
        }.explain().text shouldContain "Waits a random delay between 1s and 3s each time."
        policy {
            every(10.seconds)
            jitter(1.seconds)
            maxAttempts(2)
        }.explain().text shouldContain "Waits 10s each time; jitter adds or removes up to 1s."
    }

    test("policies that never end, that allow one attempt, and that are joined") {
        policy {
            every(1.minutes)
            forever()
        }.explain().text shouldBe
            """
            Retries every exception.
            Waits 1m each time.
            Retries without limit.
            First delays: 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m …
            After 1000 retries it still continues.
            """.trimIndent()
        policy {
            maxAttempts(1)
            unless<BrokenException>()
        }.explain().text shouldBe
            """
            Retries every exception.
            Never retries dev.reprise.testing.BrokenException.
            Retries immediately.
            Makes at most 1 call, including the first.
            In total: 1 call, 0s of delays, then EXHAUSTED.
            """.trimIndent()
        (
            policy { delays(listOf(1.seconds)) } then
                policy {
                    linear(1.minutes)
                    maxAttempts(3)
                }
        ).explain().text shouldBe
            """
            The first part until one of its limits ends it, then the second part from its start:
            - Retries every exception.
              Waits 1s.
            - Retries every exception.
              Waits 1m, then 1m longer each time.
              Makes at most 3 calls, including the first.
            First delays: 1s, 1m, 2m.
            In total: 4 calls, 3m1s of delays, then EXHAUSTED.
            """.trimIndent()
    }

    test("the delays of equal jitter are shown at their longest") {
        policy {
            exponential(1.seconds)
            jitter(Jitter.EQUAL)
            maxAttempts(4)
        }.explain().text shouldContain "at their longest: 1s, 2s, 4s."
    }

    test("the lints follow the text") {
        "${policy { forever() }.explain()}".lines().last() shouldBe
            "! attempts have no limit and no delay between them; add every, exponential, linear, fibonacci or delays"
    }

    test("every policy can be explained") {
        checkAll(200, dev.reprise.testing.anyPolicy()) {
            it
                .explain()
                .text
                .lines()
                .last()
                .isNotEmpty() shouldBe true
        }
    }
})
