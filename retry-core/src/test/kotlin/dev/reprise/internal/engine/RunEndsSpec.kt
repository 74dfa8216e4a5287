package dev.reprise.internal.engine

import dev.reprise.policy.Rethrow
import dev.reprise.policy.RetryExhaustedException
import dev.reprise.testing.Broken
import dev.reprise.testing.story
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private val a = Broken("a")
private val b = Broken("b")
private val c = Broken("c")

/** How a run ends: every runner runs the same stories and records exactly the same events. */
class RunEndsSpec : FunSpec({
    story(
        name = "success at once",
        configure = { maxAttempts(3) },
        body = { "fine" },
        expected =
            """
            1 starts at 0s
            told 1 succeeded at 0s
            returns fine
            """.trimIndent(),
    )

    story(
        name = "two failures, then success",
        configure = {
            maxAttempts(5)
            linear(100.milliseconds)
        },
        body = { number -> if (number < 3) throw Broken("no $number") else "fine" },
        expected =
            """
            1 starts at 0s
            told 1 failed: no 1, again in 100ms
            2 starts at 100ms
            told 2 failed: no 2, again in 200ms
            3 starts at 300ms
            told 3 succeeded at 300ms
            returns fine
            """.trimIndent(),
    )

    story(
        name = "exhausted: the last failure is thrown unchanged",
        configure = {
            maxAttempts(3)
            every(1.seconds)
        },
        body = { number -> throw listOf(a, b, c)[number - 1] },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, again in 1s
            2 starts at 1s
            told 2 failed: b, again in 1s
            3 starts at 2s
            told 3 failed: c, no more: EXHAUSTED
            told gave up after 3 at 2s: EXHAUSTED
            throws c (3 attempts, 3 calls, 2s, EXHAUSTED, first a, recent [a, b, c])
            """.trimIndent(),
    ) { failure shouldBeSameInstanceAs c }

    story(
        name = "exhausted on a result",
        configure = {
            onResult<String> { it == "busy" }
            maxAttempts(2)
        },
        body = { number -> if (number == 1) throw a else "busy" },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, again in 0s
            2 starts at 0s
            told 2 rejected: busy, no more: EXHAUSTED
            told gave up after 2 at 0s: EXHAUSTED
            throws RetryExhaustedException (2 attempts, 2 calls, 0s, EXHAUSTED, first a, recent [a])
            """.trimIndent(),
    ) { failure.shouldBeInstanceOf<RetryExhaustedException>().lastResult shouldBe "busy" }

    story(
        name = "exhausted on a result, or the last one",
        configure = {
            onResult<String> { it.startsWith("busy") }
            maxAttempts(2)
            returnLastResult()
        },
        body = { number -> "busy $number" },
        expected =
            """
            1 starts at 0s
            told 1 rejected: busy 1, again in 0s
            2 starts at 0s
            told 2 rejected: busy 2, no more: EXHAUSTED
            told gave up after 2 at 0s: EXHAUSTED
            returns busy 2
            """.trimIndent(),
    )

    story(
        name = "the first failure is thrown at the end",
        configure = {
            maxAttempts(3)
            rethrow(Rethrow.FIRST)
        },
        body = { number -> throw listOf(a, b, c)[number - 1] },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, again in 0s
            2 starts at 0s
            told 2 failed: b, again in 0s
            3 starts at 0s
            told 3 failed: c, no more: EXHAUSTED
            told gave up after 3 at 0s: EXHAUSTED
            throws a (3 attempts, 3 calls, 0s, EXHAUSTED, first a, recent [a, b, c])
            """.trimIndent(),
    ) { failure shouldBeSameInstanceAs a }

    story(
        name = "the report keeps the first failure and the last five",
        configure = { maxAttempts(9) },
        body = { number -> throw Broken("no $number") },
        expected =
            (1..8).joinToString("\n") { "$it starts at 0s\ntold $it failed: no $it, again in 0s" } +
                "\n" +
                """
                9 starts at 0s
                told 9 failed: no 9, no more: EXHAUSTED
                told gave up after 9 at 0s: EXHAUSTED
                throws no 9 (9 attempts, 9 calls, 0s, EXHAUSTED, first no 1, recent [no 5, no 6, no 7, no 8, no 9])
                """.trimIndent(),
    )
})
