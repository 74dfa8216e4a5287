package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.SqliteDataSource
import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.TaskScope
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowListener
import dev.reprise.workflow.model.WorkflowOutcome
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import org.postgresql.ds.PGSimpleDataSource
import java.io.File
import java.io.FileOutputStream
import java.nio.file.Path
import javax.sql.DataSource
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/**
 * A program that executes one run of a workflow, to be killed. It prints what happens, stops at the configured point, prints
 * `HERE` and waits for its end.
 */
internal object KilledProgram {
    /** Arguments: the database, the file in which tasks leave traces, the number of tasks, whether the last one fails, where to stop, the lease in seconds, the name of the worker if it has one. */
    @JvmStatic
    fun main(arguments: Array<String>) {
        val (database, traces, tasks) = arguments
        val (fails, stopAt, lease) = arguments.drop(3)
        val program = Program(File(traces), tasks.toInt(), fails.toBoolean(), stopAt)
        val name = arguments.getOrNull(WORKER)
        runBlocking { program.carry(JdbcWorkflowStore(dataSource(database), lease = lease.toInt().seconds, workerName = name)) }
    }

    private const val WORKER = 6

    /** The database at [database]: an address, or a file of SQLite. */
    fun dataSource(database: String): DataSource =
        if (database.startsWith("jdbc:")) PGSimpleDataSource().apply { setURL(database) } else SqliteDataSource(Path.of(database))
}

private class Program(
    private val traces: File,
    tasks: Int,
    private val fails: Boolean,
    private val stopAt: String,
) {
    private val flow: Workflow =
        linear("flow") {
            repeat(tasks) { number ->
                task("t$number") { execute(number == tasks - 1) } revert {
                    leave("-$name")
                    stopAtOnce("in undo $name")
                }
            }
        }

    suspend fun carry(store: JdbcWorkflowStore) {
        store.migrate()
        val engine = WorkflowEngine(store) { listener(WorkflowListener(::told)) }
        while (true) {
            try {
                val outcome = engine.execute(flow, id = "run")
                println(if (outcome is WorkflowOutcome.Success) "SUCCESS" else "REVERTED")
                return
            } catch (_: RunTakenException) {
                println("TAKEN")
            }
            delay(100.milliseconds)
        }
    }

    private suspend fun TaskScope.execute(isLast: Boolean) {
        leave("+$name")
        stopAtOnce("in $name")
        if (isLast && fails) error("$name fails")
    }

    private suspend fun stopAtOnce(point: String) {
        if (point != stopAt) return
        println("HERE")
        awaitCancellation()
    }

    private fun told(event: Any) {
        println(event)
        if (event.toString() != stopAt) return
        println("HERE")
        Thread.sleep(Long.MAX_VALUE)
    }

    private fun leave(trace: String) = traces.leave(trace)
}

/** The trace is on the disk when this returns. */
internal fun File.leave(trace: String) {
    FileOutputStream(this, true).use {
        it.write("$trace\n".toByteArray())
        it.fd.sync()
    }
}
