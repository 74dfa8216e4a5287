package dev.reprise.internal.policy

import dev.reprise.RetryPolicy
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
        RetryPolicy.threeDays().explain().text shouldBe
            """
            Retries any exception.
            Waits 1m, then 1.5 times as long each time, at most 1h.
            Ends within 3d.
            First waits: 1m, 1m30s, 2m15s, 3m22.5s, 5m3.75s, 7m35.625s, 11m23.4375s, 17m5.15625s …
            In all: 81 calls, 2d23h50m59.70703125s of waiting, then DEADLINE.
            """.trimIndent()
    }

    test("rules, jitter and the ending") {
        policy {
            exponential(100.milliseconds, max = 10.seconds)
            maxAttempts(4)
            attemptTimeout(2.seconds)
            on<IOException>(inCauses = true)
            on<FlakyException>(waits = { every(1.minutes) })
            unless<FileNotFoundException> { true }
            onResult<Int> { it < 0 }
            failureTester { { null } }
            delayFrom { null }
            initialDelay(1.seconds)
            rethrow(Rethrow.First)
            orLast()
        }.explain().text shouldBe
            """
            Retries java.io.IOException (also as a cause), dev.reprise.testing.FlakyException (waits 1m each time).
            Never retries java.io.FileNotFoundException on a condition.
            Retries results that a condition rejects.
            A tester sees each of these failures and may end the run.
            Waits 1s before the first attempt.
            Waits 100ms, then 2.0 times as long each time, at most 10s; each wait is anything up to that.
            A failure may ask for a longer wait.
            Makes 4 calls at most, the first included.
            Cuts an attempt after 2s.
            Throws the first failure.
            Returns the last result, though it was rejected.
            First waits, at their longest: 100ms, 200ms, 400ms.
            In all: 4 calls, 1.7s of waiting, then EXHAUSTED, if the waits are at their longest.
            """.trimIndent()
    }

    test("policies that go on, that make one call, and that are joined") {
        policy {
            every(1.minutes)
            forever()
        }.explain().text shouldBe
            """
            Retries any exception.
            Waits 1m each time.
            Goes on for ever.
            First waits: 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m …
            After 1000 retries it still goes on.
            """.trimIndent()
        policy {
            maxAttempts(1)
            unless<BrokenException>()
        }.explain().text shouldBe
            """
            Retries any exception.
            Never retries dev.reprise.testing.BrokenException.
            Retries at once.
            Makes 1 call at most, the first included.
            In all: 1 call, 0s of waiting, then EXHAUSTED.
            """.trimIndent()
        (
            policy { delays(listOf(1.seconds)) } then
                policy {
                    linear(1.minutes)
                    maxAttempts(3)
                }
        ).explain().text shouldBe
            """
            The first until a limit ends it, then the second from its beginning:
            - Retries any exception.
              Waits 1s.
            - Retries any exception.
              Waits 1m, then 1m longer each time.
              Makes 3 calls at most, the first included.
            First waits: 1s, 1m, 2m.
            In all: 4 calls, 3m1s of waiting, then EXHAUSTED.
            """.trimIndent()
    }

    test("the waits of equal jitter are told at their longest") {
        policy {
            exponential(1.seconds)
            jitter(Jitter.Equal)
            maxAttempts(4)
        }.explain().text shouldContain "at their longest: 1s, 2s, 4s."
    }

    test("the lints follow the text") {
        "${policy { forever() }.explain()}".lines().last() shouldBe
            "! the number of attempts is not limited and nothing is waited between them: say every, exponential …"
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
