package dev.reprise.internal.engine

import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.policy.RetryHint
import dev.reprise.testing.Broken
import dev.reprise.testing.story
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

private val a = Broken("a")

private class Throttled :
    Broken("throttled"),
    RetryHint {
    override val retryAfter: Duration get() = 7.seconds
}

/** How long a run waits, and when time ends it: every runner runs the same stories and records exactly the same events. */
class RunWaitsSpec : FunSpec({
    story(
        name = "no delay at all",
        configure = { maxAttempts(2) },
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
    ) { failure shouldBeSameInstanceAs a }

    story(
        name = "no delay starts that would reach the deadline",
        configure = {
            every(4.seconds)
            maxDuration(10.seconds)
        },
        body = { throw a },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, again in 4s
            2 starts at 4s
            told 2 failed: a, again in 4s
            3 starts at 8s
            told 3 failed: a, no more: DEADLINE
            told gave up after 3 at 8s: DEADLINE
            throws a (3 attempts, 3 calls, 8s, DEADLINE, first a, recent [a, a, a])
            """.trimIndent(),
    )

    story(
        name = "a delay that would end exactly at the deadline does not start",
        configure = {
            every(5.seconds)
            maxDuration(10.seconds)
        },
        body = { throw a },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, again in 5s
            2 starts at 5s
            told 2 failed: a, no more: DEADLINE
            told gave up after 2 at 5s: DEADLINE
            throws a (2 attempts, 2 calls, 5s, DEADLINE, first a, recent [a, a])
            """.trimIndent(),
    )

    story(
        name = "an attempt that is running at the deadline is cancelled then",
        configure = {
            every(1.seconds)
            maxDuration(10.seconds)
        },
        body = { number -> if (number == 1) throw a else pass(60.seconds) },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, again in 1s
            2 starts at 1s
            told 2 failed: AttemptTimeoutException, no more: DEADLINE
            told gave up after 2 at 10s: DEADLINE
            throws AttemptTimeoutException (2 attempts, 2 calls, 10s, DEADLINE, first a, recent [a, AttemptTimeoutException])
            """.trimIndent(),
    ) { failure.shouldBeInstanceOf<AttemptTimeoutException>().attempt shouldBe 2 }

    story(
        name = "a limit that does not cancel lets the running attempt finish, and its late value counts",
        configure = {
            every(1.seconds)
            maxDuration(10.seconds, cancel = false)
        },
        body = { number -> if (number == 1) throw a else "late".also { pass(60.seconds) } },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, again in 1s
            2 starts at 1s
            told 2 succeeded at 1m 1s
            returns late
            """.trimIndent(),
    )

    story(
        name = "after a limit that does not cancel no attempt follows",
        configure = {
            every(1.seconds)
            maxDuration(10.seconds, cancel = false)
        },
        body = { number ->
            if (number == 2) pass(60.seconds)
            throw a
        },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, again in 1s
            2 starts at 1s
            told 2 failed: a, no more: DEADLINE
            told gave up after 2 at 1m 1s: DEADLINE
            throws a (2 attempts, 2 calls, 1m 1s, DEADLINE, first a, recent [a, a])
            """.trimIndent(),
    )

    story(
        name = "the timeout of an attempt cancels it also past a limit that does not",
        configure = {
            maxDuration(10.seconds, cancel = false)
            attemptTimeout(30.seconds)
        },
        body = { pass(60.seconds) },
        expected =
            """
            1 starts at 0s
            told 1 failed: AttemptTimeoutException, no more: DEADLINE
            told gave up after 1 at 30s: DEADLINE
            throws AttemptTimeoutException (1 attempts, 1 calls, 30s, DEADLINE, first AttemptTimeoutException, recent [AttemptTimeoutException])
            """.trimIndent(),
    )

    story(
        name = "each attempt has its own timeout",
        configure = {
            attemptTimeout(2.seconds)
            every(1.seconds)
            maxAttempts(3)
        },
        body = { number -> if (number < 3) pass(60.seconds) else "fine" },
        expected =
            """
            1 starts at 0s
            told 1 failed: AttemptTimeoutException, again in 1s
            2 starts at 3s
            told 2 failed: AttemptTimeoutException, again in 1s
            3 starts at 6s
            told 3 succeeded at 6s
            returns fine
            """.trimIndent(),
    )

    story(
        name = "an attempt that ends in time is not cancelled",
        configure = {
            attemptTimeout(2.seconds)
            maxAttempts(3)
        },
        body = {
            pass(1.seconds)
            "fine"
        },
        expected =
            """
            1 starts at 0s
            told 1 succeeded at 1s
            returns fine
            """.trimIndent(),
    )

    story(
        name = "finite delays are the limit as well",
        configure = { delays(listOf(1.seconds, 3.seconds)) },
        body = { throw a },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, again in 1s
            2 starts at 1s
            told 2 failed: a, again in 3s
            3 starts at 4s
            told 3 failed: a, no more: EXHAUSTED
            told gave up after 3 at 4s: EXHAUSTED
            throws a (3 attempts, 3 calls, 4s, EXHAUSTED, first a, recent [a, a, a])
            """.trimIndent(),
    )

    story(
        name = "delays from a sequence that ends",
        configure = { delays(generateSequence(1.seconds) { it * 2 }.take(2)) },
        body = { throw a },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, again in 1s
            2 starts at 1s
            told 2 failed: a, again in 2s
            3 starts at 3s
            told 3 failed: a, no more: EXHAUSTED
            told gave up after 3 at 3s: EXHAUSTED
            throws a (3 attempts, 3 calls, 3s, EXHAUSTED, first a, recent [a, a, a])
            """.trimIndent(),
    )

    story(
        name = "an initial delay comes before the first attempt",
        configure = {
            initialDelay(5.seconds)
            maxAttempts(2)
            every(1.seconds)
        },
        body = { throw a },
        expected =
            """
            1 starts at 5s
            told 1 failed: a, again in 1s
            2 starts at 6s
            told 2 failed: a, no more: EXHAUSTED
            told gave up after 2 at 6s: EXHAUSTED
            throws a (2 attempts, 2 calls, 6s, EXHAUSTED, first a, recent [a, a])
            """.trimIndent(),
    )

    story(
        name = "rules with their own schedules count separately",
        configure = {
            on<IllegalStateException>(schedule = { linear(10.seconds) })
            on<Broken>()
            linear(1.seconds)
            maxAttempts(6)
        },
        body = { number -> if (number == 5) "fine" else throw if (number % 2 == 0) IllegalStateException() else a },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, again in 1s
            2 starts at 1s
            told 2 failed: IllegalStateException, again in 10s
            3 starts at 11s
            told 3 failed: a, again in 2s
            4 starts at 13s
            told 4 failed: IllegalStateException, again in 20s
            5 starts at 33s
            told 5 succeeded at 33s
            returns fine
            """.trimIndent(),
    )

    story(
        name = "the delay is the larger of the computed delay and the hint",
        configure = {
            linear(5.seconds)
            maxAttempts(3)
        },
        body = { number -> if (number < 3) throw Throttled() else "fine" },
        expected =
            """
            1 starts at 0s
            told 1 failed: throttled, again in 7s
            2 starts at 7s
            told 2 failed: throttled, again in 10s
            3 starts at 17s
            told 3 succeeded at 17s
            returns fine
            """.trimIndent(),
    )

    story(
        name = "a hint past the deadline ends the run now",
        configure = {
            retryAfter { if (it is Broken) 1.seconds * 3600 else null }
            maxDuration(10.seconds)
        },
        body = { throw a },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, no more: DEADLINE
            told gave up after 1 at 0s: DEADLINE
            throws a (1 attempts, 1 calls, 0s, DEADLINE, first a, recent [a])
            """.trimIndent(),
    )
})
