package dev.reprise.internal.engine

import dev.reprise.policy.StopReason
import dev.reprise.retry
import dev.reprise.run.RetryBudget
import dev.reprise.run.RetryOutcome
import dev.reprise.run.StopSignal
import dev.reprise.run.retryReport
import dev.reprise.testing.Broken
import dev.reprise.testing.ManualTime
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.doubles.shouldBeLessThanOrEqual
import io.kotest.matchers.ints.shouldBeGreaterThan
import io.kotest.matchers.ints.shouldBeInRange
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.int
import io.kotest.property.arbitrary.list
import io.kotest.property.checkAll
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.test.testTimeSource
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Empties a budget of whole units. */
internal fun RetryBudget.drain(): Int {
    var taken = 0
    while (withdraw()) taken++
    return taken
}

@OptIn(ExperimentalCoroutinesApi::class)
class BudgetSpec : FunSpec({
    test("retries stay within the ratio of the calls plus the floor, whatever the load") {
        val load = Arb.list(Arb.int(0..50), 1..100)
        checkAll(200, Arb.int(0..100), Arb.int(1..200), load) { percent, tenths, callsPerStep ->
            val ratio = percent / 100.0
            val floor = tenths / 10.0
            val time = ManualTime()
            val budget = RetryBudget(ratio, floor, time)
            var calls = 0
            var retries = 0
            callsPerStep.forEach { now ->
                repeat(now) {
                    calls++
                    budget.deposit()
                    // Each call would retry as often as it can.
                    repeat(3) { if (budget.withdraw()) retries++ }
                }
                time.advance(100.milliseconds)
            }
            val seconds = time.nanos / 1e9
            retries.toDouble() shouldBeLessThanOrEqual calls * ratio + floor * (RetryBudget.WINDOW_SECONDS + seconds) + 1e-6
        }
    }

    test("ten thousand callers against a dead target add no more than the ratio and the floor") {
        runTest {
            val budget = RetryBudget(ratio = 0.1, minRetriesPerSecond = 10.0, testTimeSource)
            val retry =
                retry {
                    budget(budget)
                    // More often than the floor allows: a single remaining caller must not continue indefinitely.
                    every(50.milliseconds)
                    testing { timeSource(testTimeSource) }
                }
            var calls = 0
            val reasons = HashMap<StopReason, Int>()
            coroutineScope {
                repeat(10_000) { caller ->
                    launch {
                        delay(caller.milliseconds)
                        val outcome =
                            retry.outcome {
                                calls++
                                throw Broken("dead")
                            }
                        reasons.merge((outcome as RetryOutcome.Failure).report.stopReason, 1, Int::plus)
                    }
                }
            }
            // 10 s: a tenth of ten thousand, 10 a second, and what the idle budget held.
            val retries = calls - 10_000
            retries shouldBeInRange 900..1210
            reasons shouldBe mapOf(StopReason.BUDGET to 10_000)
        }
    }

    test("after an outage it recovers to what the floor alone allows") {
        val time = ManualTime()
        val budget = RetryBudget(ratio = 0.1, minRetriesPerSecond = 5.0, time)
        budget.available shouldBe 50
        budget.drain() shouldBe 50
        budget.available shouldBe 0
        time.advance(1.seconds)
        budget.available shouldBe 5
        time.advance(9.seconds)
        budget.available shouldBe 50
        time.advance(600.seconds)
        budget.available shouldBe 50
    }

    test("a quiet hour after many calls saves nothing for a retry storm") {
        val time = ManualTime()
        val budget = RetryBudget(ratio = 1.0, minRetriesPerSecond = 1.0, time)
        repeat(10_000) { budget.deposit() }
        budget.available shouldBeGreaterThan 10_000
        time.advance(3600.seconds)
        budget.available shouldBeLessThanOrEqual 10
    }

    test("a run with an empty budget does not touch the others") {
        val time = ManualTime()
        val empty = RetryBudget(ratio = 0.0, minRetriesPerSecond = 0.1, time)
        val full = RetryBudget(ratio = 0.0, minRetriesPerSecond = 10.0, time)
        empty.drain()
        var calls = 0
        val thrown =
            shouldThrow<Broken> {
                retry {
                    budget(empty)
                    testing { timer(time) }
                }.callBlocking {
                    calls++
                    throw Broken("a")
                }
            }
        thrown.retryReport!!.stopReason shouldBe StopReason.BUDGET
        calls shouldBe 1
        retry {
            budget(full)
            maxAttempts(3)
            testing { timer(time) }
        }.callBlocking { if (++calls < 4) throw Broken("b") }
        calls shouldBe 4
        full.available shouldBe 98
    }

    test("of several budgets all are charged or none") {
        val time = ManualTime()
        val budgets = List(3) { RetryBudget(ratio = 0.0, minRetriesPerSecond = 1.0, time) }
        RetryBudget.withdrawAll(budgets) shouldBe true
        budgets.map { it.available } shouldBe listOf(9, 9, 9)
        for (missing in budgets.indices) {
            budgets[missing].drain()
            val before = budgets.map { it.available }
            RetryBudget.withdrawAll(budgets) shouldBe false
            budgets.map { it.available } shouldBe before
            time.advance(1000.seconds)
        }
        RetryBudget.withdrawAll(emptyList()) shouldBe true
    }

    test("a success, a stop, an exhausted limit and a failure that is not retried take nothing") {
        val time = ManualTime()
        val budget = RetryBudget(ratio = 0.0, minRetriesPerSecond = 1.0, time)
        val stop = StopSignal()
        retry {
            budget(budget)
            testing { timer(time) }
        }.callBlocking { }
        shouldThrow<Broken> {
            retry {
                budget(budget)
                maxAttempts(1)
                testing { timer(time) }
            }.callBlocking { throw Broken("a") }
        }
        shouldThrow<Broken> {
            retry {
                budget(budget)
                unless<Broken>()
                testing { timer(time) }
            }.callBlocking { throw Broken("a") }
        }
        shouldThrow<Broken> {
            retry {
                budget(budget)
                stopWhen(stop)
                testing { timer(time) }
            }.callBlocking {
                stop.stop()
                throw Broken("a")
            }
        }
        budget.available shouldBe 10
    }

    test("invalid budgets are rejected") {
        for (bad in listOf(-0.1, Double.NaN, Double.POSITIVE_INFINITY)) {
            shouldThrow<IllegalArgumentException> { RetryBudget(ratio = bad) }.message shouldBe
                "ratio must be a finite number of at least 0, but was $bad"
            shouldThrow<IllegalArgumentException> { RetryBudget(minRetriesPerSecond = bad) }.message shouldBe
                "minRetriesPerSecond must be a finite number of at least 0, but was $bad"
        }
        shouldThrow<IllegalArgumentException> { RetryBudget(0.0, 0.0) }
    }

    test("clients that fail together do not come back together") {
        runTest {
            val histogram = IntArray(10)
            coroutineScope {
                repeat(1000) { client ->
                    launch {
                        val retry =
                            retry {
                                exponential(1.seconds, max = 10.seconds)
                                maxAttempts(8)
                                testing { random(Random(client)).timeSource(testTimeSource) }
                            }
                        var at = 0L
                        retry.outcome {
                            // The last delays are at the cap.
                            val now = testScheduler.currentTime
                            if (number > 5) histogram[((now - at) / 1000).toInt().coerceAtMost(9)]++
                            at = now
                            throw Broken("a")
                        }
                    }
                }
            }
            histogram.forEach { it shouldBeInRange 240..360 }
            histogram.sum() shouldBe 3000
        }
    }
})
