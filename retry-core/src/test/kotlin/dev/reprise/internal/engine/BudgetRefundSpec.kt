package dev.reprise.internal.engine

import dev.reprise.retry
import dev.reprise.run.RetryBudget
import dev.reprise.run.StopSignal
import dev.reprise.testing.Broken
import dev.reprise.testing.ManualTime
import dev.reprise.testing.RunnerUnderTest
import dev.reprise.testing.cancelled
import dev.reprise.testing.eachRun
import dev.reprise.testing.failure
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.awaitCancellation
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor
import java.util.concurrent.RejectedExecutionException
import kotlin.time.Duration.Companion.seconds

/** A budget is charged for retries that start: whatever ends the delay before one returns its unit. */
class BudgetRefundSpec : FunSpec({
    fun budget() = RetryBudget(ratio = 0.0, minRetriesPerSecond = 0.1, ManualTime())

    RunnerUnderTest.all.forEach { runner ->
        test("a stop during the delay: $runner") {
            val budget = budget()
            val signal = StopSignal()
            runner.story({ world ->
                world.at(1.seconds) { signal.stop() }
                stopWhen(signal)
                budget(budget)
                every(60.seconds)
            }) { throw Broken("a") }
            budget.available shouldBe 1
        }

        test("a retry that starts keeps it: $runner") {
            val budget = budget()
            runner.story({
                budget(budget)
                every(1.seconds)
            }) { number -> if (number == 1) throw Broken("a") else "fine" }
            budget.available shouldBe 0
        }
    }

    eachRun("the caller's cancellation during the delay") {
        val budget = budget()
        cancelled(1000) {
            retrying({
                budget(budget)
                every(60.seconds)
            }) { throw Broken("a") }
        }
        calls shouldBe 1
        budget.available shouldBe 1
    }

    eachRun("the caller's cancellation during the retry itself keeps it") {
        val budget = budget()
        cancelled(2000) {
            retrying({
                budget(budget)
                every(1.seconds)
            }) { if (calls == 1) throw Broken("a") else awaitCancellation() }
        }
        calls shouldBe 2
        budget.available shouldBe 0
    }

    test("an interrupt during the delay") {
        val budget = budget()
        val time = ManualTime()
        val sleeper = Thread.currentThread()
        time.at(1.seconds) { sleeper.interrupt() }
        shouldThrow<InterruptedException> {
            retry {
                budget(budget)
                every(60.seconds)
                testing { timer(time).timeSource(time) }
            }.callBlocking { throw Broken("a") }
        }
        Thread.interrupted() shouldBe true
        budget.available shouldBe 1
    }

    test("a future that is cancelled during the delay, or while its attempt waits for a thread") {
        for (delay in listOf(60.seconds, 0.seconds)) {
            val budget = budget()
            val time = ManualTime()
            val future =
                retry {
                    budget(budget)
                    every(delay)
                    testing { timer(time).timeSource(time) }
                }.callAsync<Unit>(Executor {}) { CompletableFuture.failedFuture(Broken("a")) }
            budget.available shouldBe 0
            future.cancel(true)
            budget.available shouldBe 1
        }
    }

    test("an executor that rejects the retry") {
        val budget = budget()
        val future =
            retry {
                budget(budget)
            }.callAsync<Unit>(Executor { throw RejectedExecutionException("shut down") }) { CompletableFuture.failedFuture(Broken("a")) }
        future.failure().shouldBeInstanceOf<RejectedExecutionException>()
        budget.available shouldBe 1
    }
})
