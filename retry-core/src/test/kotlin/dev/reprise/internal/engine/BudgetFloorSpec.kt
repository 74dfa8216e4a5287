package dev.reprise.internal.engine

import dev.reprise.run.RetryBudget
import dev.reprise.testing.ManualTime
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** What a budget allows regardless of calls: a number of retries per second, however small. */
class BudgetFloorSpec : FunSpec({
    // Powers of two, whose sums are exact.
    for (floor in listOf(0.0625, 0.125, 0.5, 1.0, 8.0)) {
        test("a floor of $floor allows $floor retries per second") {
            val time = ManualTime()
            val budget = RetryBudget(ratio = 0.0, minRetriesPerSecond = floor, time)
            budget.drain()
            var retries = 0
            repeat(6400) {
                time.advance(125.milliseconds)
                retries += budget.drain()
            }
            retries shouldBe (floor * 800).toInt()
        }
    }

    test("an idle budget holds ten seconds of its floor, and one retry at least") {
        val time = ManualTime()
        val budgets = listOf(0.0625, 0.25, 10.0).map { RetryBudget(ratio = 0.0, minRetriesPerSecond = it, time) }
        budgets.map { it.available } shouldBe listOf(1, 2, 100)
        time.advance(3600.seconds)
        budgets.map { it.available } shouldBe listOf(1, 2, 100)
    }

    test("deposits of calls are used first, because they decay and the floor does not") {
        val time = ManualTime()
        val budget = RetryBudget(ratio = 0.5, minRetriesPerSecond = 0.25, time)
        repeat(3) { budget.deposit() }
        budget.available shouldBe 4
        budget.withdraw() shouldBe true
        time.advance(3600.seconds)
        budget.available shouldBe 2
    }

    test("a part of a retry from deposits and a part from the floor make a whole one") {
        val budget = RetryBudget(ratio = 0.5, minRetriesPerSecond = 0.25, ManualTime())
        budget.drain() shouldBe 2
        budget.deposit()
        budget.withdraw() shouldBe true
        budget.withdraw() shouldBe false
    }

    test("budgets that together reject a retry, again and again, lose nothing") {
        val time = ManualTime()
        val budgets = listOf(0.125, 0.0625).map { RetryBudget(ratio = 0.0, minRetriesPerSecond = it, time) }
        budgets.forEach { it.drain() }
        var retries = 0
        repeat(800) {
            time.advance(1.seconds)
            if (RetryBudget.withdrawAll(budgets)) retries++
        }
        retries shouldBe 50
    }
})
