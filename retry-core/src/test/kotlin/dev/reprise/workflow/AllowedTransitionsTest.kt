package dev.reprise.workflow

import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.spi.AllowedTransitions
import dev.reprise.workflow.spi.TaskRecord
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe

class AllowedTransitionsTest : FunSpec({
    test("each move has one reason, and is told once") {
        for (table in listOf(AllowedTransitions.task, AllowedTransitions.controller, AllowedTransitions.workflow)) {
            table.filter { it.because.isBlank() }.shouldBeEmpty()
            table
                .groupBy { it.from to it.to }
                .filterValues { it.size > 1 }
                .keys
                .shouldBeEmpty()
        }
    }

    test("every other move of a task or of a controller is refused") {
        for ((isController, table) in listOf(false to AllowedTransitions.task, true to AllowedTransitions.controller)) {
            val allowed =
                TaskState.entries.flatMap { from ->
                    TaskState.entries
                        .filter { to ->
                            runCatching { AllowedTransitions.check(isController, from, TaskRecord("a", state = to)) }.isSuccess
                        }.map { from to it }
                }
            allowed shouldContainExactly table.map { it.from to it.to }.sortedWith(compareBy({ it.first }, { it.second }))
        }
        shouldThrow<IllegalStateException> {
            AllowedTransitions.check(false, TaskState.SUCCESS, TaskRecord("a", state = TaskState.RETRYING))
        }.message shouldBe "a must not move from SUCCESS to RETRYING"
    }

    test("every other move of a run is refused") {
        val allowed =
            WorkflowState.entries.flatMap { from ->
                WorkflowState.entries.filter { to -> runCatching { AllowedTransitions.check(from, to) }.isSuccess }.map { from to it }
            }
        allowed shouldContainExactly AllowedTransitions.workflow.map { it.from to it.to }.sortedWith(compareBy({ it.first }, { it.second }))
    }
})
