package dev.reprise.console.cli

import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.target
import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.handleWorkflow
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.workflowTarget
import kotlinx.coroutines.runBlocking
import picocli.CommandLine
import java.io.File
import java.io.PrintWriter
import java.io.StringWriter
import java.net.ConnectException
import kotlin.time.Duration.Companion.days

/** What a command wrote, and its exit code. */
internal class Ran(
    val code: Int,
    val out: String,
    val err: String,
) {
    val lines: List<String> get() = out.trimEnd().lines()
}

/** Runs a command in this process. */
internal fun run(vararg arguments: String): Ran {
    val (out, err) = StringWriter() to StringWriter()
    val code = execute(CommandLine(RootCommand()).setOut(PrintWriter(out)).setErr(PrintWriter(err)), arrayOf(*arguments))
    return Ran(code, out.toString(), err.toString())
}

private val charge = target("charge")
private val trip = workflowTarget("trip")

private fun RetryQueueBuilder.handleCharge() =
    handle(charge, lane = "payments") { if (it == "ok") "done" else throw ConnectException("refused") }

/** A success, three dead calls of one class, and a call that waits. */
internal fun fill(open: suspend (RetryQueueBuilder.() -> Unit) -> RetryQueue) =
    runBlocking {
        val queue = open { handleCharge() }
        val job = queue.start(this)
        queue.enqueue(charge, "ok").let { queue.awaitEnd(it.cid) }
        queue.enqueueAll(charge, List(3) { "no $it" }) { policy("every(1s) maxAttempts(1)") }.forEach { queue.awaitEnd(it.cid) }
        queue.enqueue(charge, "later") {
            delay = 2.days
            uniqueKey = "order/7"
        }
        queue.shutdown()
        job.cancel()
    }

/** The same in a file. */
internal fun newStore(file: File): String {
    fill { RetryQueue.open(file.toPath(), block = it) }
    runBlocking { JdbcWorkflowStore.open(file.toPath()).close() }
    return "jdbc:sqlite:$file"
}

/** A workflow that waits, and one whose undo failed. */
internal fun addWorkflows(file: File) =
    runBlocking {
        val flow =
            linear("trip") {
                task("flight") { } revert { error("closed") }
                task("visa") { error("no visa") }
            }
        JdbcWorkflowStore.open(file.toPath()).use { runs ->
            val queue = RetryQueue.open(file.toPath()) { handleWorkflow(trip, flow, WorkflowEngine(runs)) }
            val job = queue.start(this)
            queue.enqueue(trip, Inputs.NONE).awaitEnd()
            queue.enqueue(trip, Inputs.NONE) { delay = 2.days }
            queue.shutdown()
            job.cancel()
        }
    }
