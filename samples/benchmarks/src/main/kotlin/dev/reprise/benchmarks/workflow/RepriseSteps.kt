package dev.reprise.benchmarks.workflow

import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowOutcome
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import javax.sql.DataSource
import kotlin.time.Duration.Companion.milliseconds

/** A linear workflow with a task for each step. */
class RepriseSteps(
    private val source: DataSource,
) : StepContender {
    private val store = JdbcWorkflowStore(source, workerName = "benchmark").also { runBlocking { it.migrate() } }
    private val engine = WorkflowEngine(store)
    private val workflows = HashMap<Int, Workflow>()

    private fun workflow(steps: Int): Workflow = workflows.getOrPut(steps) { flow(steps) {} }

    private fun flow(
        steps: Int,
        onStep: (Int) -> Unit,
    ) = linear("steps") { repeat(steps) { number -> task("s$number") { number.also(onStep) } } }

    override fun run(
        id: String,
        steps: Int,
        onStep: (Int) -> Unit,
    ) {
        val flow = if (id == KILLED) flow(steps, onStep) else workflow(steps)
        runBlocking { execute(flow, id) }
    }

    private suspend fun execute(
        flow: Workflow,
        id: String,
    ) {
        while (true) {
            try {
                check(engine.execute(flow, id = id) is WorkflowOutcome.Success) { "the workflow $id should have succeeded" }
                return
            } catch (_: RunTakenException) {
                delay(POLL)
            }
        }
    }

    override fun runAll(
        prefix: String,
        count: Int,
        steps: Int,
    ) {
        val flow = workflow(steps)
        runBlocking(Dispatchers.Default) { repeat(count) { launch { execute(flow, "$prefix $it") } } }
    }

    override fun close() {
        store.close()
        (source as? AutoCloseable)?.close()
    }

    private companion object {
        val POLL = 20.milliseconds
    }
}

/** The id of the workflow whose process is killed. */
const val KILLED = "killed"
