package dev.reprise.benchmarks

import arrow.resilience.saga
import arrow.resilience.transact
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowBuilder
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.spi.WorkflowStore
import dev.reprise.workflow.unordered
import java.util.concurrent.ConcurrentHashMap

/** How the tasks of a measured workflow stand to each other. */
enum class Order(
    val build: (Int) -> Workflow,
) {
    Linear({ tasks -> linear("linear") { noOps(0 until tasks) } }),
    Unordered({ tasks -> unordered("unordered") { noOps(0 until tasks) } }),

    /** Unordered workflows of ten tasks in a row. */
    Nested({ tasks ->
        unordered("nested") {
            for (first in 0 until tasks step ROW) linear("row $first") { noOps(first until minOf(first + ROW, tasks)) }
        }
    }),
}

private const val ROW = 10

private fun WorkflowBuilder.noOps(numbers: IntRange) {
    for (number in numbers) task("t$number") { number } revert { }
}

/** Runs some tasks that do nothing, and keeps what it knows about them until it is inspected. */
fun interface Runs {
    suspend fun run(): Any
}

/** One engine on one planned workflow. What it keeps is the outcome with its values, and what the store has. */
fun ours(
    workflow: Workflow,
    parallelism: Int,
    store: () -> WorkflowStore,
) = Runs {
    val kept = store()
    val outcome = WorkflowEngine(kept) { this.parallelism = parallelism }.executeOrThrow(workflow)
    check(outcome is WorkflowOutcome.Success) { "the workflow should have succeeded" }
    kept to outcome
}

private class Record(
    val name: String,
    val state: String,
    val result: Any? = null,
)

/** What one would write by hand: each task by name with its state and result, and a stack of what has to be reverted. */
fun handWritten(tasks: Int): Runs {
    val bodies = List(tasks) { number -> "t$number" to suspend { number } }
    return Runs {
        val records = ConcurrentHashMap<String, Record>()
        val undo = ArrayDeque<suspend () -> Unit>()
        for ((name, body) in bodies) {
            records[name] = Record(name, "RUNNING")
            try {
                val result = body()
                records[name] = Record(name, "SUCCESS", result)
                undo += { }
            } catch (e: Exception) {
                undo.asReversed().forEach { it() }
                throw e
            }
        }
        records to undo
    }
}

/** A saga knows what has to be reverted, but no states and no names. */
fun saga(tasks: Int) =
    Runs {
        saga {
            List(tasks) { number -> saga({ number }, { _ -> }) }
        }.transact()
    }
