package dev.reprise.internal.engine

import dev.reprise.policy.StopReason
import dev.reprise.retry
import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryOutcome
import dev.reprise.run.RetryReport
import dev.reprise.run.retryReport
import dev.reprise.testing.Broken
import dev.reprise.testing.CircularException
import dev.reprise.testing.eachRun
import dev.reprise.testing.failure
import dev.reprise.testing.line
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.test.testTimeSource
import java.lang.ref.WeakReference
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import kotlin.time.AbstractLongTimeSource
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.DurationUnit

private const val RETRIES = 5_000

/** A failure without suppressed exceptions and without a stack trace. */
private class Bare : RuntimeException("bare", null, false, false)

/** A wrapper that can contain itself. */
private class Envelope : ExecutionException("envelope", null) {
    var content: Throwable? = null
    override val cause: Throwable? get() = content
}

@OptIn(ExperimentalCoroutinesApi::class)
class ReportSpec : FunSpec({
    eachRun("a report of many retries has the first failure and the last five") {
        val thrown =
            shouldThrow<Broken> {
                retrying({ maxRetries(RETRIES) }) {
                    throw object : Broken("$calls") {
                        override fun fillInStackTrace(): Throwable = this
                    }
                }
            }
        val report = thrown.retryReport.shouldNotBeNull()
        report.attempts shouldBe RETRIES + 1
        report.firstFailure!!.message shouldBe "1"
        report.recentFailures.map { it.message } shouldContainExactly List(5) { "${RETRIES - 3 + it}" }
        thrown.suppressed.size shouldBe 1
    }

    test("a million retries, each with its own failure, keep no more than the first and the last few") {
        runTest {
            val kept = ArrayList<WeakReference<Throwable>>()
            val last =
                retry { maxRetries(1_000_000) }.outcome {
                    if (number == 999_000) System.gc()
                    val failure = Bare()
                    if (number <= 900_000 && number % 1000 == 0) kept += WeakReference(failure)
                    throw failure
                }
            (last as RetryOutcome.Failure).report.attempts shouldBe 1_000_001
            kept.size shouldBe 900
            kept.count { it.get() != null } shouldBe 0
        }
    }

    eachRun("the same instance does not grow, however often it is thrown") {
        val failure = Broken("always the same")
        shouldThrow<Broken> { retrying({ maxAttempts(RETRIES) }) { throw failure } }
        failure.suppressed.single().shouldBeInstanceOf<RetryReport>()
        failure.retryReport!!.attempts shouldBe RETRIES
    }

    eachRun("the same instance thrown by many runs carries one report, that of the last") {
        val failure = Broken("always the same")
        for (attempts in 1..100) shouldThrow<Broken> { retrying({ maxAttempts(attempts) }) { throw failure } }
        failure.suppressed.single().shouldBeInstanceOf<RetryReport>()
        failure.retryReport!!.attempts shouldBe 100
    }

    test("a returned report does not change when another run throws the failure") {
        runTest {
            val failure = Broken("always the same")
            val reports =
                (1..3).map { attempts ->
                    retry { maxAttempts(attempts) }
                        .outcome { throw failure }
                        .shouldBeInstanceOf<RetryOutcome.Failure>()
                        .report
                }
            reports.map { it.attempts } shouldContainExactly listOf(1, 2, 3)
        }
    }

    test("a thousand concurrent runs of one policy count separately, even with one failure") {
        runTest {
            val failure = Broken("shared")
            val retry =
                retry {
                    delays(listOf(1.seconds, 2.seconds))
                    testing { timeSource(testTimeSource) }
                }
            val counts = HashMap<Pair<Int, String>, Int>()
            coroutineScope {
                repeat(10_000) {
                    launch {
                        val report = (retry.outcome { throw failure } as RetryOutcome.Failure).report
                        counts.merge(report.attempts to "${report.elapsed}", 1, Int::plus)
                    }
                }
            }
            counts shouldBe mapOf((3 to "3s") to 10_000)
            repeat(2) { shouldThrow<Broken> { retry { throw failure } }.retryReport!!.attempts shouldBe 3 }
        }
    }

    eachRun("a failure that cannot carry a report is thrown unchanged, without one") {
        val failure = Bare()
        shouldThrow<Bare> { retrying({ maxAttempts(3) }) { throw failure } } shouldBeSameInstanceAs failure
        failure.retryReport.shouldBeNull()
        calls shouldBe 3
    }

    test("if a failure cannot carry its report, the outcome and the event have it") {
        runTest {
            val reports = ArrayList<RetryReport>()
            val outcome =
                retry {
                    maxAttempts(3)
                    listener { if (it is RetryEvent.GaveUp) reports += it.report }
                }.outcome { throw Bare() }
            reports += outcome.shouldBeInstanceOf<RetryOutcome.Failure>().report
            reports.map { it.attempts } shouldContainExactly listOf(3, 3)
        }
    }

    eachRun("cycles of causes are searched") {
        val circular = CircularException()
        shouldThrow<CircularException> {
            retrying({
                on<Broken>(inCauses = true)
                maxAttempts(3)
            }) { throw circular }
        } shouldBeSameInstanceAs circular
        calls shouldBe 1
        circular.retryReport!!.stopReason shouldBe StopReason.NOT_RETRYABLE
        circular.stackTraceToString() shouldContain "CIRCULAR REFERENCE"
    }

    test("a cycle of wrapped causes ends as well, in every runner") {
        val outer = Envelope()
        outer.content = Envelope().apply { content = outer }
        runTest { shouldThrow<ExecutionException> { retry { maxAttempts(2) }.invoke { throw outer } } }
        shouldThrow<ExecutionException> { retry { maxAttempts(2) }.callBlocking { throw outer } }
        retry { maxAttempts(2) }
            .callAsync<Unit>(Runnable::run) { CompletableFuture.failedFuture(outer) }
            .failure()
            .shouldBeInstanceOf<ExecutionException>()
    }

    test("the text of a report is one line about the run") {
        runTest {
            val failure =
                shouldThrow<Broken> {
                    retry {
                        maxAttempts(2)
                        every(1.seconds)
                        testing { timeSource(testTimeSource) }
                    }.invoke { throw Broken("no $number") }
                }
            val name = Broken::class.qualifiedName
            "${failure.retryReport}" shouldBe
                "RetryReport: 2 attempts in 1s, ended by EXHAUSTED; first failure: $name: no 1; last failures: $name: no 1, $name: no 2"
            failure.retryReport!!.stackTrace.size shouldBe 0
        }
    }

    test("attempts count up to the largest number, and without a limit they continue at it") {
        fun RunAttempt.afterFailure() = next(AttemptEnd.Threw(Broken("a"))).shouldNotBeNull()
        val largest = Int.MAX_VALUE - 1

        var endless = RunAttempt.of(retry { forever() }.config, largest - 1, 0, 0, 0, Broken("a"), null, null)
        repeat(3) {
            endless = endless.afterFailure()
            endless.isOver shouldBe false
            endless.number shouldBe largest
        }

        val last = RunAttempt.of(retry { maxAttempts(largest) }.config, largest - 1, 0, 0, 0, Broken("a"), null, null).afterFailure()
        last.isOver shouldBe false
        val end = last.afterFailure()
        end.isOver shouldBe true
        (end.complete<Unit>(isSuspending = true) as RetryOutcome.Failure).report.attempts shouldBe largest
    }

    test("elapsed time never decreases, even if the clock does") {
        runTest {
            val marks = generateSequence(1_000L) { it - 100 }.iterator()
            val backwards =
                object : AbstractLongTimeSource(DurationUnit.NANOSECONDS) {
                    override fun read(): Long = marks.next()
                }
            val seen = ArrayList<Long>()
            shouldThrow<Broken> {
                retry {
                    maxAttempts(4)
                    listener { seen += it.elapsed.inWholeNanoseconds }
                    testing { timeSource(backwards) }
                }.invoke { throw Broken("a") }
            }
            seen.zipWithNext().forEach { (a, b) -> a shouldBeLessThan b + 1 }
        }
    }

    test("the numbers of an attempt are the same in the body, in the events and in the report") {
        runTest {
            val body = ArrayList<String>()
            val told = ArrayList<String>()
            val thrown =
                shouldThrow<Broken> {
                    retry {
                        maxAttempts(3)
                        every(1.seconds)
                        testing { timeSource(testTimeSource) }
                        listener { if (it is RetryEvent.AttemptFailed) told += "${it.number} ${it.elapsed} ${it.failure?.line()}" }
                    }.invoke {
                        body += "$number $elapsed $isRetry after ${lastFailure?.line()} of ${failures.map { it.line() }}"
                        throw Broken("no $number")
                    }
                }
            body shouldContainExactly
                listOf("1 0s false after null of []", "2 1s true after no 1 of [no 1]", "3 2s true after no 2 of [no 1, no 2]")
            told shouldContainExactly listOf("1 0s no 1", "2 1s no 2", "3 2s no 3")
            thrown.retryReport!!.attempts shouldBe 3
        }
    }

    test("remaining is the time to the deadline, and infinite without one") {
        runTest {
            val remaining = ArrayList<Duration>()
            shouldThrow<Broken> {
                retry {
                    maxDuration(10.seconds)
                    every(4.seconds)
                    testing { timeSource(testTimeSource) }
                }.invoke {
                    remaining += this.remaining
                    throw Broken("a")
                }
            }
            remaining shouldContainExactly listOf(10.seconds, 6.seconds, 2.seconds)
            retry { maxAttempts(1) }.invoke { this.remaining } shouldBe Duration.INFINITE
        }
    }
})
