package dev.reprise.workflow

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe

class StateTablesTest : FunSpec({
    test("each move has one reason, and is told once") {
        for (table in listOf(StateTables.task, StateTables.controller, StateTables.workflow)) {
            table.filter { it.because.isBlank() }.shouldBeEmpty()
            table
                .groupBy { it.from to it.to }
                .filterValues { it.size > 1 }
                .keys
                .shouldBeEmpty()
        }
    }

    test("every other move of a task or of a controller is refused") {
        for ((isController, table) in listOf(false to StateTables.task, true to StateTables.controller)) {
            val allowed =
                AtomState.entries.flatMap { from ->
                    AtomState.entries
                        .filter { to ->
                            runCatching { StateTables.check(isController, from, AtomRecord("a", state = to)) }.isSuccess
                        }.map { from to it }
                }
            allowed shouldContainExactly table.map { it.from to it.to }.sortedWith(compareBy({ it.first }, { it.second }))
        }
        shouldThrow<IllegalStateException> {
            StateTables.check(false, AtomState.SUCCESS, AtomRecord("a", state = AtomState.RETRYING))
        }.message shouldBe "a must not move from SUCCESS to RETRYING"
    }

    test("every other move of a run is refused") {
        val allowed =
            WorkflowState.entries.flatMap { from ->
                WorkflowState.entries.filter { to -> runCatching { StateTables.check(from, to) }.isSuccess }.map { from to it }
            }
        allowed shouldContainExactly StateTables.workflow.map { it.from to it.to }.sortedWith(compareBy({ it.first }, { it.second }))
    }
})
