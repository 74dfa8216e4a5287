package dev.reprise.internal.engine

import dev.reprise.RetryBuilder
import dev.reprise.decorate
import dev.reprise.policy.Jitter
import dev.reprise.policy.Rethrow
import dev.reprise.retry
import dev.reprise.retryAsync
import dev.reprise.retryPolicy
import dev.reprise.run.RetryBudget
import dev.reprise.run.RetryOutcome
import dev.reprise.run.StopSignal
import dev.reprise.run.retryReport
import dev.reprise.testing.Broken
import dev.reprise.testing.RunnerUnderTest
import dev.reprise.testing.eachRun
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.runTest
import java.io.IOException
import java.util.concurrent.CompletableFuture
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private class ValueError(
    message: String = "value",
) : Broken(message)

private class TypeError : Broken("type")

private class ConnectError : Broken("connect")

/** How often a body is called, and the calls that the libraries before this one made of the same rules. */
class CountsSpec : FunSpec({
    RunnerUnderTest.all.forEach { runner ->
        test("maxAttempts(n) calls n times: $runner") {
            for (n in 1..5) {
                var calls = 0
                val story = runner.story({ maxAttempts(n) }) { throw Broken("a").also { calls++ } }
                calls shouldBe n
                story.failure!!.retryReport!!.attempts shouldBe n
            }
        }

        test("maxRetries(n) calls once more: $runner") {
            for (n in 0..4) {
                var calls = 0
                runner.story({ maxRetries(n) }) { throw Broken("a").also { calls++ } }
                calls shouldBe n + 1
            }
        }

        test("the first wait is the base itself: $runner") {
            val starts = ArrayList<String>()
            runner.story({
                exponential(100.milliseconds, factor = 10.0)
                jitter(Jitter.NONE)
                maxAttempts(4)
            }) {
                starts += "$now"
                throw Broken("a")
            }
            starts shouldContainExactly listOf("0s", "100ms", "1.1s", "11.1s")
        }

        test("an Error is retried if a rule names it: $runner") {
            var calls = 0
            runner.story({
                on<LinkageError>()
                maxAttempts(3)
            }) { throw NoClassDefFoundError("x").also { calls++ } }
            calls shouldBe 3
        }

        // As in the tests of txretry's retrying call, which this one replaces.
        test("a list of exceptions: only those are retried: $runner") {
            var calls = 0
            val thrown = listOf(ValueError(), ConnectError(), ValueError(), TypeError(), ValueError())
            val story =
                runner.story({
                    on<ValueError>()
                    on<ConnectError>()
                    forever()
                }) { throw thrown[calls++] }
            calls shouldBe 4
            story.failure shouldBeSameInstanceAs thrown[3]
        }

        test("a tester retries some failures and ends on others: $runner") {
            var calls = 0
            val thrown = listOf(ValueError(), ValueError(), TypeError(), ValueError())
            val story =
                runner.story({
                    failureTester {
                        { failure ->
                            failure.takeUnless { it is ValueError }
                        }
                    }
                    forever()
                }) { throw thrown[calls++] }
            calls shouldBe 3
            story.failure shouldBeSameInstanceAs thrown[2]
        }

        test("a tester that throws ends the run with what it throws: $runner") {
            val own = Broken("tester")
            var calls = 0
            val story =
                runner.story({
                    failureTester { { if (it is TypeError) throw own else null } }
                    forever()
                }) {
                    throw if (++calls < 3) ValueError() else TypeError()
                }
            calls shouldBe 3
            story.failure shouldBeSameInstanceAs own
        }

        test("a stateful tester starts over in each run: $runner") {
            val retry: RetryBuilder.() -> RetryBuilder = {
                failureTester {
                    var seen = 0
                    { failure -> failure.takeIf { ++seen == 3 } }
                }
                forever()
            }
            repeat(2) {
                var calls = 0
                runner.story({ retry() }) { throw ValueError().also { calls++ } }
                calls shouldBe 3
            }
        }

        test("the first failure is thrown at the end, with the list of failures: $runner") {
            var calls = 0
            val thrown = List(4) { ValueError("$it") }
            val story =
                runner.story({
                    delays(List(3) { 1.seconds })
                    rethrow(Rethrow.FIRST)
                }) { throw thrown[calls++] }
            story.failure shouldBeSameInstanceAs thrown[0]
            story.failure!!.retryReport!!.recentFailures shouldContainExactly thrown
        }

        test("a schedule without delays calls once: $runner") {
            var calls = 0
            runner.story({ delays(emptySequence()) }) { throw ValueError().also { calls++ } }
            calls shouldBe 1
        }
    }

    eachRun("a checked exception is thrown without a wrapper") {
        val checked = IOException("x")
        shouldThrow<IOException> { retrying({ maxAttempts(2) }) { throw checked } } shouldBeSameInstanceAs checked
    }

    test("a function with retries is a function") {
        runTest {
            var calls = 0

            suspend fun none(): String = if (++calls % 2 == 1) throw Broken("a") else "none"

            suspend fun one(a: Int): String = none() + a

            suspend fun two(
                a: Int,
                b: Int,
            ): String = one(a) + b
            val twice = retry { maxAttempts(2) }
            twice.decorate(::none)() shouldBe "none"
            twice.decorate(::one)(1) shouldBe "none1"
            twice.decorate(::two)(1, 2) shouldBe "none12"
            retry(twice) { none() } shouldBe "none"
            retry(retryPolicy { maxAttempts(2) }) { none() } shouldBe "none"
            calls shouldBe 10
        }
    }

    test("cancelling the pending result cancels the run") {
        runTest {
            var calls = 0
            val deferred =
                retryAsync(
                    retry {
                        forever()
                        every(1.seconds)
                    },
                ) {
                    calls++
                    throw Broken("a")
                }
            delay(2500)
            deferred.cancel()
            shouldThrow<CancellationException> { deferred.await() }
            calls shouldBe 3
        }
    }

    test("an outcome is a value: nothing is thrown but the caller's cancellation") {
        runTest {
            val twice =
                retry {
                    maxAttempts(2)
                    onResult<Int> { it < 0 }
                }
            val success = twice.outcome { if (number == 1) throw Broken("a") else 5 }
            success.shouldBeInstanceOf<RetryOutcome.Success<Int>>().attempts shouldBe 2
            success.getOrNull() shouldBe 5
            success.getOrThrow() shouldBe 5
            val failure = twice.outcome { if (number > 0) throw OutOfMemoryError() else 5 }
            failure.shouldBeInstanceOf<RetryOutcome.Failure>().report.attempts shouldBe 1
            failure.getOrNull() shouldBe null
            shouldThrow<OutOfMemoryError> { failure.getOrThrow() }
            val last =
                retry {
                    maxAttempts(2)
                    onResult<Int> { true }
                    returnLastResult()
                }.outcome { number }
            last.shouldBeInstanceOf<RetryOutcome.Success<Int>>().report!!.attempts shouldBe 2
        }
    }

    test("values have a readable toString") {
        val signal = StopSignal()
        "$signal" shouldBe "StopSignal(not stopped)"
        signal.reason shouldBe null
        signal.stop("closing") shouldBe true
        signal.stop("again") shouldBe false
        "$signal" shouldBe "StopSignal(stopped: closing)"
        signal.isStopped shouldBe true
        signal.job.isCompleted shouldBe true
        retry { maxAttempts(1) }.callBlocking { "$this" } shouldBe "Attempt(1)"
        "${retry { maxAttempts(3) }}" shouldBe "Retry(${retryPolicy { maxAttempts(3) }})"
        "${RetryBudget(0.5, 2.0)}" shouldBe "RetryBudget(ratio=0.5, minRetriesPerSecond=2.0, available=20)"
    }

    test("events have a readable toString") {
        val lines = ArrayList<String>()
        val heard =
            retry {
                maxAttempts(2)
                onResult<Int> { it < 2 }
                listener { lines += "$it" }
            }
        heard.callBlocking { number }
        shouldThrow<Broken> { heard.callBlocking { throw Broken("x") } }
        retry {
            maxAttempts(2)
            listener { lines += "$it" }
        }.callAsync(Runnable::run) { CompletableFuture<Int>() }
            .cancel(true)
        val broken = Broken::class.qualifiedName
        lines shouldContainExactly
            listOf(
                "AttemptFailed(1, result 1, RetryAfter(delay=0s))",
                "Succeeded(2)",
                "AttemptFailed(1, $broken: x, RetryAfter(delay=0s))",
                "AttemptFailed(2, $broken: x, GiveUp(reason=EXHAUSTED))",
                "GaveUp(2, EXHAUSTED)",
                "Cancelled(0)",
            )
    }
})
