package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.BoundedPool
import dev.reprise.internal.jdbc.TestPostgres
import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.WorkflowOutcome
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.delay
import org.postgresql.ds.PGSimpleDataSource
import java.io.File
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger
import javax.sql.DataSource
import kotlin.time.Duration.Companion.milliseconds

private const val NAME = "worker-1"

/** In seconds: no test waits for it. */
private const val LEASE = 600

private fun DataSource.execute(sql: String) {
    connection.use { it.createStatement().execute(sql) }
}

private fun DataSource.provable(): Int =
    connection.use { connection ->
        connection.createStatement().executeQuery("SELECT count(*) FROM reprise_workflow_process").use { row ->
            row.next()
            row.getInt(1)
        }
    }

private suspend fun DataSource.awaitProvable(count: Int) {
    while (provable() < count) delay(10.milliseconds)
}

/** So that the processes of this test are not known to live, but by their locks. */
private fun DataSource.moveElsewhere() = execute("UPDATE reprise_workflow_process SET host = 'elsewhere'")

private fun source(url: String): DataSource = PGSimpleDataSource().apply { setURL(url) }

/** Opens the run again and again, for longer than a proof takes. */
private suspend fun JdbcWorkflowStore.findsItOwned() =
    repeat(10) {
        shouldThrow<RunTakenException> { open("run") }
        delay(100.milliseconds)
    }

class SessionProofsTest : FunSpec({
    val server = autoClose(TestPostgres())
    val folder = tempdir()
    val files = AtomicInteger()

    fun traces() = File(folder, "traces${files.incrementAndGet()}").also { it.createNewFile() }

    test("the run of a killed process is free at once for the next one of its name, whatever its lease; that of a frozen one is not") {
        val (url, traces) = server.newUrl() to traces()
        val source = source(url)
        val first = Carrier(url, traces, "in t1", leaseSeconds = LEASE, worker = NAME)
        first.says("HERE") shouldBe true
        source.awaitProvable(1)
        JdbcWorkflowStore(source, workerName = NAME).use { namesake ->
            first.signal("STOP")
            namesake.findsItOwned()
            // Its session ends, as that of a frozen process can: on this host the process is known to live.
            source.execute(TERMINATE)
            namesake.findsItOwned()
            first.kill()
            JdbcWorkflowStore(source, workerName = "another").use { it.findsItOwned() }
            JdbcWorkflowStore(source).use { it.findsItOwned() }
        }
        val next = Carrier(url, traces, leaseSeconds = LEASE, worker = NAME)
        generateSequence { next.next() }.toList().let { it.first() to it.last() } shouldBe ("flow RESUMING" to "SUCCESS")
        traces.readLines() shouldContainExactly listOf("+t0", "+t1", "+t1", "+t2")
    }

    test("of two living processes of one name, neither takes a run from the other, also when the session of its owner is terminated") {
        val url = server.newUrl()
        val source = source(url)
        val owner = Carrier(url, traces(), "in t1", leaseSeconds = LEASE, worker = NAME)
        owner.says("HERE") shouldBe true
        source.awaitProvable(1)
        source.moveElsewhere()
        JdbcWorkflowStore(source, workerName = NAME).use { clone ->
            clone.findsItOwned()
            repeat(5) {
                source.execute(TERMINATE)
                clone.findsItOwned()
            }
        }
        owner.kill()
        JdbcWorkflowStore(source, workerName = NAME).use { it.open("run").close() }
    }

    test("locks of before a restart of the server prove nothing") {
        val url = server.newUrl()
        val source = source(url)
        val owner = Carrier(url, traces(), "in t1", leaseSeconds = LEASE, worker = NAME)
        owner.says("HERE") shouldBe true
        source.awaitProvable(1)
        owner.kill()
        source.execute("UPDATE reprise_workflow_process SET server_started = server_started - 1")
        JdbcWorkflowStore(source, workerName = NAME).use { it.findsItOwned() }
    }

    test("a store that is closed while a run is open proves nothing afterwards: its tasks can still run") {
        val source = source(server.newUrl())
        val closed = JdbcWorkflowStore(source, workerName = NAME).also { it.migrate() }
        closed.open("run")
        source.awaitProvable(1)
        closed.close()
        source.provable() shouldBe 0
        JdbcWorkflowStore(source, workerName = NAME).use { it.findsItOwned() }
    }

    test("all runs of a dead process are free for the next one of its name") {
        val source = source(server.newUrl())
        val isDead = AtomicBoolean()
        val store = JdbcWorkflowStore(Watched(source) { check(!isDead.get()) { "it is dead" } }, workerName = NAME).also { it.migrate() }
        repeat(3) { store.open("run $it") }
        source.awaitProvable(1)
        source.moveElsewhere()
        isDead.set(true)
        source.execute(TERMINATE)
        JdbcWorkflowStore(source, workerName = NAME).use { next -> repeat(3) { next.open("run $it").close() } }
        store.close()
    }

    test("a pool of one connection is not emptied by the lock: then there are no proofs") {
        val source = BoundedPool(server.newDatabase(), 1)
        JdbcWorkflowStore(source, workerName = NAME).use { store ->
            store.migrate()
            val flow = linear("flow") { repeat(3) { task("t$it") { } } }
            WorkflowEngine(store).execute(flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Success>()
            source.provable() shouldBe 0
        }
    }
})

private const val TERMINATE =
    "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND database = " +
        "(SELECT oid FROM pg_database WHERE datname = current_database())"
