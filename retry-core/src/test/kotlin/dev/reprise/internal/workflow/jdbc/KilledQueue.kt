package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.SmallPool
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.handleWorkflow
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.workflowTarget
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.runBlocking
import java.io.File
import kotlin.system.exitProcess

/**
 * A program that executes one durable workflow by a queue, to be killed. Calls and runs are in one database. It prints `START` before its queue starts,
 * `HERE` in the task in the middle, and what became of the call. If it is to stop, it waits in that task for its end.
 */
internal object KilledQueue {
    const val TASKS = 200
    private const val NAME = "worker-1"
    private val trip = workflowTarget("trip")

    /** Arguments: the database, the file in which tasks leave traces, whether it is to stop. */
    @JvmStatic
    fun main(arguments: Array<String>) {
        val (database, traces, stops) = arguments
        runBlocking {
            val source = KilledProgram.dataSource(database).let { if (database.startsWith("jdbc:")) SmallPool(it) else it }
            val calls = JdbcCallStore(source).also { it.migrate() }
            val engine = WorkflowEngine(JdbcWorkflowStore(source, workerName = NAME).also { it.migrate() })
            val queue =
                RetryQueue.on(calls) {
                    workerName = NAME
                    handleWorkflow(trip, flow(File(traces), stops.toBoolean()), engine)
                }
            println("START")
            queue.start(this)
            val call = queue.enqueue(trip, Inputs.NONE) { uniqueKey = "trip 7" }.awaitEnd()
            println("${call.state} attempts=${call.attempts} crashes=${call.crashes}")
            exitProcess(0)
        }
    }

    private fun flow(
        traces: File,
        stops: Boolean,
    ) = linear("trip") {
        repeat(TASKS) {
            task("t$it") {
                traces.leave(name)
                if (it != TASKS / 2) return@task
                println("HERE")
                if (stops) awaitCancellation()
            }
        }
    }
}
