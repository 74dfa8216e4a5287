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
    test("each transition has one reason, and is reported once") {
        for (table in listOf(AllowedTransitions.ofTasks, AllowedTransitions.ofControllers, AllowedTransitions.ofRuns)) {
            table.filter { it.reason.isBlank() }.shouldBeEmpty()
            table
                .groupBy { it.from to it.to }
                .filterValues { it.size > 1 }
                .keys
                .shouldBeEmpty()
        }
    }

    test("every other transition of a task or of a controller is rejected") {
        for ((isController, table) in listOf(false to AllowedTransitions.ofTasks, true to AllowedTransitions.ofControllers)) {
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

    test("every other transition of a run is rejected") {
        val allowed =
            WorkflowState.entries.flatMap { from ->
                WorkflowState.entries.filter { to -> runCatching { AllowedTransitions.check(from, to) }.isSuccess }.map { from to it }
            }
        allowed shouldContainExactly AllowedTransitions.ofRuns.map { it.from to it.to }.sortedWith(compareBy({ it.first }, { it.second }))
    }
})
