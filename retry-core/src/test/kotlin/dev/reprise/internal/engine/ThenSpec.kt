package dev.reprise.internal.engine

import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.retry
import dev.reprise.retryPolicy
import dev.reprise.run.RetryOutcome
import dev.reprise.run.RetryTimer
import dev.reprise.testing.Broken
import dev.reprise.testing.ManualTime
import dev.reprise.testing.story
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.test.runTest
import java.util.function.BooleanSupplier
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

private val a = Broken("a")

/** A clock on which a thread sleeps two seconds longer than it should. */
private class Oversleeping(
    private val time: ManualTime,
) : RetryTimer by time {
    override fun sleep(
        nanos: Long,
        isWoken: BooleanSupplier,
    ) = time.sleep(nanos + 2.seconds.inWholeNanoseconds, isWoken)
}

/** Runs whose policy is one until a limit of it ends it, then another. */
class ThenSpec : FunSpec({
    val first =
        retryPolicy {
            every(4.seconds)
            maxDuration(5.seconds)
        }
    val second =
        retryPolicy {
            every(10.seconds)
            maxAttempts(3)
        }

    test("if no part has a deadline, the first attempt sees that there is none") {
        for (policy in listOf(second then second, (second then second) and second, second or (second then second))) {
            runTest { retry(policy) { number to remaining } shouldBe (1 to Duration.INFINITE) }
            retry { policy(policy) }.callBlocking { number to remaining } shouldBe (1 to Duration.INFINITE)
        }
    }

    story(
        name = "an attempt that the first part's deadline cancels is the first attempt of the second part",
        configure = { policy(first then second) },
        body = { number -> if (number == 1) pass(60.seconds) else throw a },
        expected =
            """
            1 starts at 0s
            told 1 failed: AttemptTimeoutException, again in 10s
            2 starts at 15s
            told 2 failed: a, again in 10s
            3 starts at 25s
            told 3 failed: a, no more: EXHAUSTED
            told gave up after 3 at 25s: EXHAUSTED
            throws a (3 attempts, 3 calls, 25s, EXHAUSTED, first AttemptTimeoutException, recent [AttemptTimeoutException, a, a])
            """.trimIndent(),
    )

    story(
        name = "the deadline of the second part counts from the end of the first, and ends the run",
        configure = { policy(first then first) },
        body = { pass(60.seconds) },
        expected =
            """
            1 starts at 0s
            told 1 failed: AttemptTimeoutException, again in 4s
            2 starts at 9s
            told 2 failed: AttemptTimeoutException, no more: DEADLINE
            told gave up after 2 at 10s: DEADLINE
            throws AttemptTimeoutException (2 attempts, 2 calls, 10s, DEADLINE, first AttemptTimeoutException, recent [AttemptTimeoutException, AttemptTimeoutException])
            """.trimIndent(),
    )

    story(
        name = "a policy joined with both still decides when the first part has ended",
        configure = { policy((first then second) and retryPolicy { maxDuration(20.seconds) }) },
        body = { number -> if (number == 1) pass(60.seconds) else throw a },
        expected =
            """
            1 starts at 0s
            told 1 failed: AttemptTimeoutException, again in 10s
            2 starts at 15s
            told 2 failed: a, no more: DEADLINE
            told gave up after 2 at 15s: DEADLINE
            throws a (2 attempts, 2 calls, 15s, DEADLINE, first AttemptTimeoutException, recent [AttemptTimeoutException, a])
            """.trimIndent(),
    )

    story(
        name = "a delay of a policy joined with both can exceed the deadline of the first part",
        configure = {
            policy(
                (first then second) and
                    retryPolicy {
                        every(7.seconds)
                        forever()
                    },
            )
        },
        body = { throw a },
        expected =
            """
            1 starts at 0s
            told 1 failed: a, again in 7s
            2 starts at 7s
            told 2 failed: a, again in 10s
            3 starts at 17s
            told 3 failed: a, again in 10s
            4 starts at 27s
            told 4 failed: a, no more: EXHAUSTED
            told gave up after 4 at 27s: EXHAUSTED
            throws a (4 attempts, 4 calls, 27s, EXHAUSTED, first a, recent [a, a, a, a])
            """.trimIndent(),
    )

    val unforgiving =
        retryPolicy {
            unless<AttemptTimeoutException>()
            maxDuration(5.seconds)
        }
    story(
        name = "a first part that does not retry timeouts ends the run",
        configure = { policy(unforgiving then second) },
        body = { pass(60.seconds) },
        expected =
            """
            1 starts at 0s
            told 1 failed: AttemptTimeoutException, no more: NOT_RETRYABLE
            told gave up after 1 at 5s: NOT_RETRYABLE
            throws AttemptTimeoutException (1 attempts, 1 calls, 5s, NOT_RETRYABLE, first AttemptTimeoutException, recent [AttemptTimeoutException])
            """.trimIndent(),
    )

    test("an attempt that is late, past the deadline of the first part, is the first attempt of the second part") {
        val time = ManualTime()
        val starts = ArrayList<Duration>()
        shouldThrow<Broken> {
            retry {
                policy(first then second)
                testing { timeSource(time).timer(Oversleeping(time)) }
            }.callBlocking {
                starts += elapsed
                throw a
            }
        }
        starts shouldBe listOf(0.seconds, 6.seconds, 18.seconds, 30.seconds)
    }

    test("a late attempt does not start after the deadline of a policy joined with both parts") {
        val time = ManualTime()
        val outcome =
            retry {
                policy((first then second) and retryPolicy { maxDuration(6.seconds) })
                testing { timeSource(time).timer(Oversleeping(time)) }
            }.outcomeBlocking { throw a }
        (outcome as RetryOutcome.Failure).report.attempts shouldBe 1
    }
})
