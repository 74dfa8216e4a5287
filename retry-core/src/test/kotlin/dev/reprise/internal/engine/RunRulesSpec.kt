package dev.reprise.internal.engine

import dev.reprise.RetryBuilder
import dev.reprise.run.RetryBudget
import dev.reprise.run.RetryReport
import dev.reprise.testing.Broken
import dev.reprise.testing.story
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private val a = Broken("a")
private val b = Broken("b")
private val c = Broken("c")

/** Which failures a run retries: every runner runs the same stories and records exactly the same events. */
class RunRulesSpec : FunSpec({
    story(
        name = "a failure that no rule retries is not called exhausted",
        configure = {
            on<IllegalStateException>()
            maxAttempts(5)
        },
        body = { throw a },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, no more: NOT_RETRYABLE
            told gave up after 1 at 0s: NOT_RETRYABLE
            throws a (1 attempts, 1 calls, 0s, NOT_RETRYABLE, first a, recent [a])
            """.trimIndent(),
    ) { failure shouldBeSameInstanceAs a }

    story(
        name = "an error is not retried unless a rule names it",
        configure = { maxAttempts(5) },
        body = { throw StackOverflowError() },
        expected =
            """
            1 starts at 0s
            told 1 failed: StackOverflowError, no more: NOT_RETRYABLE
            told gave up after 1 at 0s: NOT_RETRYABLE
            throws StackOverflowError (1 attempts, 1 calls, 0s, NOT_RETRYABLE, first StackOverflowError, recent [StackOverflowError])
            """.trimIndent(),
    )

    story(
        name = "a result is rejected, the next one accepted",
        configure = {
            onResult<Int> { it < 2 }
            maxAttempts(5)
            every(1.seconds)
        },
        body = { number -> number },
        expected =
            """
            1 starts at 0s
            told 1 rejected: 1, again in 1s
            2 starts at 1s
            told 2 succeeded at 1s
            returns 2
            """.trimIndent(),
    )

    story(
        name = "a failure tester ends the run with its own failure",
        configure = {
            failureTester {
                var seen = 0
                { _ -> if (++seen == 2) c else null }
            }
            maxAttempts(5)
        },
        body = { number -> throw if (number == 1) a else b },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, again in 0s
            2 starts at 0s
            told 2 failed: b, no more: NOT_RETRYABLE
            told gave up after 2 at 0s: NOT_RETRYABLE
            throws c (2 attempts, 2 calls, 0s, NOT_RETRYABLE, first a, recent [a, b])
            """.trimIndent(),
    ) { failure shouldBeSameInstanceAs c }

    story(
        name = "a listener that throws changes nothing",
        configure = {
            listener { throw Broken("listener") }
            listener { throw AssertionError("listener") }
            maxAttempts(2)
        },
        body = { throw a },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, again in 0s
            2 starts at 0s
            told 2 failed: a, no more: EXHAUSTED
            told gave up after 2 at 0s: EXHAUSTED
            throws a (2 attempts, 2 calls, 0s, EXHAUSTED, first a, recent [a, a])
            """.trimIndent(),
        // Two listeners, three events.
        warnings = 6,
    ) { failure!!.suppressed.count { it !is RetryReport } shouldBe 0 }

    story(
        name = "an empty budget ends the run with its own stop reason",
        configure = {
            budget(RetryBudget(ratio = 0.0, minRetriesPerSecond = 0.1))
            every(1.milliseconds)
        },
        body = { throw a },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, again in 1ms
            2 starts at 1ms
            told 2 failed: a, no more: BUDGET
            told gave up after 2 at 1ms: BUDGET
            throws a (2 attempts, 2 calls, 1ms, BUDGET, first a, recent [a, a])
            """.trimIndent(),
    )

    // A new failure each time: what a rule throws is suppressed in it.
    val throwers: List<Pair<String, RetryBuilder.() -> RetryBuilder>> =
        listOf(
            "a predicate" to { on<Broken> { throw c } },
            "an unless" to { unless<Broken> { throw c } },
            "a delay function" to { retryAfter { throw c } },
            "a sequence of delays" to { delays(sequence { throw c }) },
            "the factory of a tester" to { failureTester { throw c } },
        )
    throwers.forEach { (what, configure) ->
        story(
            name = "$what that throws does not hide the failure",
            configure = {
                configure()
                maxAttempts(3)
            },
            body = { throw Broken("real") },
            expected =
                """
                1 starts at 0s
                told 1 failed: real, no more: NOT_RETRYABLE
                told gave up after 1 at 0s: NOT_RETRYABLE
                throws real (1 attempts, 1 calls, 0s, NOT_RETRYABLE, first real, recent [real])
                """.trimIndent(),
        ) { failure!!.suppressed.filter { it !is RetryReport }.single() shouldBeSameInstanceAs c }
    }

    story(
        name = "a result predicate that throws ends the run with its exception",
        configure = {
            onResult<String> { throw b }
            maxAttempts(3)
        },
        body = { number -> if (number == 1) throw a else "fine" },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, again in 0s
            2 starts at 0s
            told 2 failed: b, no more: NOT_RETRYABLE
            told gave up after 2 at 0s: NOT_RETRYABLE
            throws b (2 attempts, 2 calls, 0s, NOT_RETRYABLE, first a, recent [a, b])
            """.trimIndent(),
    ) { failure shouldBeSameInstanceAs b }
})
