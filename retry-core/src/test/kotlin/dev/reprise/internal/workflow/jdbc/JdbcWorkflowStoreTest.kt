package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.SmallPool
import dev.reprise.internal.jdbc.SqliteDataSource
import dev.reprise.internal.jdbc.TestPostgres
import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.ValueCodec
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.WorkflowStoreException
import dev.reprise.workflow.operate.RunQuery
import dev.reprise.workflow.runOwnerSuite
import dev.reprise.workflow.spi.TaskRecord
import dev.reprise.workflow.workflowGrowthSuite
import dev.reprise.workflow.workflowStoreSuite
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import org.postgresql.ds.PGSimpleDataSource
import java.io.File
import java.time.Instant
import java.util.concurrent.atomic.AtomicInteger

class SqliteWorkflowStoreTest : FunSpec({
    val folder = tempdir()
    val files = AtomicInteger()

    fun newFile() = SqliteDataSource(File(folder, "runs${files.incrementAndGet()}.db").toPath())

    include(workflowStoreSuite { JdbcWorkflowStore(newFile(), codec = it).also { store -> store.migrate() } })
    include(runOwnerSuite { JdbcWorkflowStore(newFile(), codec = it).also { store -> store.migrate() } })
    include(workflowGrowthSuite { JdbcWorkflowStore(newFile(), codec = it).also { store -> store.migrate() } })
    include(jdbcWorkflowStoreSuite { newFile() })
    include(jdbcFaultSuite { newFile() })
    include(sharedCommitSuite({ newFile() }, ::CountedCommits))
    include(startedTaskSuite { newFile() })

    test("a schema is refused, because there are none") {
        val store = JdbcWorkflowStore(newFile(), schema = "tenant_a")
        shouldThrow<WorkflowStoreException> { store.migrate() }.message shouldContain "a schema needs PostgreSQL"
    }

    test("a step of a large run writes no more than one of a small run") {
        val file = File(folder, "large.db")
        JdbcWorkflowStore.open(file.toPath()).use { store ->
            val run = store.open("large")
            run.start("task:t:1.0\n".repeat(100_000), emptyMap())
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

    test("a run whose rows the server rejects fails alone, also if they are written together with those of others") {
        val store = JdbcWorkflowStore(server.newDatabase()).also { it.migrate() }
        val flow = linear("flow") { repeat(5) { task("t$it") { } } }
        val rejected = linear("rejected") { task("a\u0000b") { } }
        coroutineScope {
            val others = List(30) { async(Dispatchers.Default) { WorkflowEngine(store).execute(flow, id = "run $it") } }
            val bad = List(3) { async(Dispatchers.Default) { runCatching { WorkflowEngine(store).execute(rejected, id = "bad $it") } } }
            bad.forEach { it.await().exceptionOrNull().shouldBeInstanceOf<WorkflowStoreException>() }
            others.forEach { it.await().shouldBeInstanceOf<WorkflowOutcome.Success>() }
        }
        store.close()
    }

    suspend fun newStore(codec: ValueCodec) = JdbcWorkflowStore(server.shared, "${server.newName()}_", codec).also { it.migrate() }

    test("the tables can be in a schema of their own, beside others of the same names, whatever is searched") {
        val url = server.newUrl()

        fun source(path: String) = SmallPool(PGSimpleDataSource().apply { setUrl(url).also { currentSchema = path } })
        for (schema in listOf("tenant_a", "user")) {
            val store = JdbcWorkflowStore(source("public"), schema = schema)
            shouldThrow<WorkflowStoreException> { store.open("run") }.message shouldContain "migrate() creates them"
            store.migrate()
            store.migrate()
            val elsewhere = JdbcWorkflowStore(source("elsewhere"), schema = schema)
            val run = elsewhere.open("run in $schema")
            run.start("task:t:1.0\n", emptyMap())
            run.save(listOf(TaskRecord("t", state = TaskState.RUNNING)))
            run.flush()
            run.close()
            elsewhere.runs(RunQuery.ALL, null, 10).runs.map { it.id } shouldBe listOf("run in $schema")
            val again = elsewhere.open("run in $schema")
            again.tasks.map { it.state } shouldBe listOf(TaskState.RUNNING)
            again.close()
            elsewhere.purge(Instant.now(), 10) shouldBe 0
            elsewhere.remove(setOf("run in $schema")) shouldBe setOf("run in $schema")
        }
        shouldThrow<IllegalArgumentException> { JdbcWorkflowStore(source("public"), schema = "x; drop table y") }.message shouldContain
            "schema"
    }

    include(workflowStoreSuite(::newStore))
    include(runOwnerSuite(::newStore))
    include(workflowGrowthSuite(::newStore))
    include(jdbcWorkflowStoreSuite { server.newDatabase() })
    include(jdbcFaultSuite { server.newDatabase() })
    include(sharedCommitSuite({ server.newDatabase() }, ::CountedCommits))
    include(startedTaskSuite { server.newDatabase() })
})
