package dev.reprise.internal.workflow.jdbc

import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.spi.RunJournal
import dev.reprise.workflow.spi.TaskRecord
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import javax.sql.DataSource

private fun started(name: String) = TaskRecord(name, state = TaskState.RUNNING, executions = 1, startedAtMillis = 5)

private fun TaskRecord.ended() = copy(state = TaskState.SUCCESS, result = 1, progress = 1.0, endedAt = 6)

/** Where the start of a task is stored. [newDatabase] creates an empty database. */
internal fun startedTaskSuite(newDatabase: () -> DataSource) =
    funSpec {
        val outline = "task 1 a"

        fun DataSource.rows(): List<String> =
            connection.use { connection ->
                connection.createStatement().executeQuery("SELECT task, state FROM reprise_workflow_task ORDER BY task").use { row ->
                    generateSequence { if (row.next()) "${row.getString(1)} ${row.getString(2)}" else null }.toList()
                }
            }

        suspend fun RunJournal.write(record: TaskRecord) {
            save(listOf(record))
            flush()
        }

        suspend fun JdbcWorkflowStore.shown() =
            read("run")!!.tasks.filter { it.state != TaskState.PENDING }.map { "${it.name} ${it.state} ${it.executions}" }

        test("a task has a row when it ends, and when it starts while another one runs; a reader of the run sees all of them") {
            val database = newDatabase()
            val store = JdbcWorkflowStore(database).also { it.migrate() }
            val run = store.open("run").also { it.start(outline, emptyMap()) }
            run.write(started("a"))
            database.rows() shouldContainExactly emptyList()
            store.shown() shouldContainExactly listOf("a RUNNING 1")
            run.write(started("b"))
            database.rows() shouldContainExactly listOf("b RUNNING")
            run.save(listOf(started("a").ended()))
            run.write(started("c"))
            database.rows() shouldContainExactly listOf("a SUCCESS", "b RUNNING")
            store.shown() shouldContainExactlyInAnyOrder listOf("a SUCCESS 1", "b RUNNING 1", "c RUNNING 1")
            run.close()
            store.close()
        }

        test("the next owners have it, whatever they write first") {
            val store = JdbcWorkflowStore(newDatabase()).also { it.migrate() }
            val first = store.open("run").also { it.start(outline, emptyMap()) }
            first.save(WorkflowState.RUNNING)
            first.write(started("a"))
            first.close()
            val second = store.open("run")
            second.tasks.toList() shouldContainExactly listOf(started("a"))
            second.save(WorkflowState.RESUMING)
            second.flush()
            second.close()
            val third = store.open("run")
            third.tasks.toList() shouldContainExactly listOf(started("a"))
            third.write(started("a").ended())
            third.write(started("b"))
            third.close()
            store.open("run").also { it.tasks.toList() shouldContainExactlyInAnyOrder listOf(started("a").ended(), started("b")) }.close()
            store.close()
        }

        test("a task that was skipped, and then starts, has started") {
            val store = JdbcWorkflowStore(newDatabase()).also { it.migrate() }
            val run = store.open("run").also { it.start(outline, emptyMap()) }
            run.write(TaskRecord("a", state = TaskState.IGNORE))
            run.write(TaskRecord("a"))
            run.write(started("a"))
            store.shown() shouldContainExactly listOf("a RUNNING 1")
            run.close()
            store.open("run").also { it.tasks.toList() shouldContainExactly listOf(started("a")) }.close()
            store.close()
        }
    }
