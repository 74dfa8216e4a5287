package dev.reprise.internal.engine

import dev.reprise.run.RetryBudget
import dev.reprise.testing.ManualTime
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** What a budget allows whatever the calls: so many retries a second, however few that is. */
class BudgetFloorSpec : FunSpec({
    // Powers of two, whose sums are exact.
    for (floor in listOf(0.0625, 0.125, 0.5, 1.0, 8.0)) {
        test("a floor of $floor allows $floor retries a second") {
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

    test("what calls paid in is taken first, because it decays and the floor does not") {
        val time = ManualTime()
        val budget = RetryBudget(ratio = 0.5, minRetriesPerSecond = 0.25, time)
        repeat(3) { budget.deposit() }
        budget.available shouldBe 4
        budget.withdraw() shouldBe true
        time.advance(3600.seconds)
        budget.available shouldBe 2
    }

    test("parts of a retry, one paid in and one from the floor, are a whole one") {
        val budget = RetryBudget(ratio = 0.5, minRetriesPerSecond = 0.25, ManualTime())
        budget.drain() shouldBe 2
        budget.deposit()
        budget.withdraw() shouldBe true
        budget.withdraw() shouldBe false
    }

    test("budgets that are asked together in vain, time and again, lose nothing by it") {
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
