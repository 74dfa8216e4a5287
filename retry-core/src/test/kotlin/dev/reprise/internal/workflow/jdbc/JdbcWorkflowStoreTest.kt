package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.SqliteDataSource
import dev.reprise.internal.jdbc.TestPostgres
import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.spi.TaskRecord
import dev.reprise.workflow.workflowStoreSuite
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import java.io.File
import java.util.concurrent.atomic.AtomicInteger

class SqliteWorkflowStoreTest : FunSpec({
    val folder = tempdir()
    val files = AtomicInteger()

    fun newFile() = SqliteDataSource(File(folder, "runs${files.incrementAndGet()}.db").toPath())

    include(workflowStoreSuite { JdbcWorkflowStore(newFile(), codec = it).also { store -> store.migrate() } })
    include(jdbcWorkflowStoreSuite { newFile() })

    test("a step of a large run writes no more than one of a small run") {
        val file = File(folder, "large.db")
        JdbcWorkflowStore.open(file.toPath()).use { store ->
            val run = store.open("large")
            run.begin("task:t:1.0\n".repeat(100_000), emptyMap())
            run.flush()
            store.open("other").close()
            val before = File(folder, "large.db-wal").length()
            repeat(20) {
                run.save(listOf(TaskRecord("t$it", state = TaskState.RUNNING)))
                run.flush()
            }
            (File(folder, "large.db-wal").length() - before) shouldBeLessThan 1_000_000
            run.close()
        }
    }
})

class PostgresWorkflowStoreTest : FunSpec({
    val server = TestPostgres()

    afterSpec { server.close() }

    test("the server writes to the disk before it acknowledges") {
        listOf("fsync", "synchronous_commit").map(server::show) shouldBe listOf("on", "on")
    }

    include(workflowStoreSuite { codec -> JdbcWorkflowStore(server.shared, "${server.newName()}_", codec).also { it.migrate() } })
    include(jdbcWorkflowStoreSuite { server.newDatabase() })
})
