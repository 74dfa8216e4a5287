package dev.reprise.internal.workflow.jdbc

import dev.reprise.retry
import dev.reprise.workflow.Defect
import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.UnreadableResultException
import dev.reprise.workflow.model.ValueCodec
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.WorkflowStoreException
import dev.reprise.workflow.unordered
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger
import javax.sql.DataSource
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private fun DataSource.leaseUntil(): Long =
    connection.use { connection ->
        connection.createStatement().executeQuery("SELECT lease_until FROM reprise_workflow_run").use { row ->
            row.next()
            row.getLong(1)
        }
    }

/** What pools, drivers and codecs can throw without breaking a run. [newDatabase] makes an empty database. */
internal fun jdbcFaultSuite(newDatabase: () -> DataSource) =
    funSpec {
        test("tasks that block all threads of the default dispatcher for longer than a lease keep their run") {
            val database = newDatabase()
            JdbcWorkflowStore(database).use { it.migrate() }
            val mayEnd = CountDownLatch(1)
            val started = AtomicInteger()
            val blocking = 4 * Runtime.getRuntime().availableProcessors().coerceAtLeast(2)
            val flow = unordered("flow") { repeat(blocking) { task("t$it") { started.incrementAndGet().also { _ -> mayEnd.await() } } } }
            val engine =
                WorkflowEngine(JdbcWorkflowStore(database, lease = 1.seconds)) {
                    parallelism = blocking
                    context = Dispatchers.Default
                }
            Executors.newSingleThreadExecutor().asCoroutineDispatcher().use { own ->
                val run = CoroutineScope(own).async { engine.execute(flow, id = "run") }
                while (started.get() == 0) delay(10.milliseconds)
                val first = database.leaseUntil()
                JdbcWorkflowStore(database, lease = 1.seconds).use { other ->
                    while (database.leaseUntil() < first + 2_000) {
                        shouldThrow<RunTakenException> { other.open("run") }
                        delay(100.milliseconds)
                    }
                }
                mayEnd.countDown()
                run.await().shouldBeInstanceOf<WorkflowOutcome.Success>()
            }
            started.get() shouldBe blocking
        }

        test("an unchecked exception at a renewal gives the run up before another engine can take it over") {
            val database = newDatabase()
            JdbcWorkflowStore(database).use { it.migrate() }
            val isClosed = AtomicBoolean()
            val pool = Watched(database) { if (isClosed.get()) throw IllegalStateException("the pool is closed") }
            val store = JdbcWorkflowStore(pool, lease = 1.seconds)
            val running = AtomicInteger()
            val most = AtomicInteger()
            val ended = CompletableDeferred<Unit>()
            val flow =
                linear("flow") {
                    task("a") {
                        most.accumulateAndGet(running.incrementAndGet(), ::maxOf)
                        try {
                            if (isClosed.compareAndSet(false, true)) awaitCancellation()
                        } finally {
                            running.decrementAndGet()
                            ended.complete(Unit)
                        }
                    }
                }
            coroutineScope {
                val first = async { runCatching { WorkflowEngine(store).execute(flow, id = "run") } }
                JdbcWorkflowStore(database, lease = 1.seconds).use { other ->
                    withTimeout(10.seconds) { ended.await() }
                    val untilItIsFree =
                        retry {
                            every(50.milliseconds)
                            on<RunTakenException>()
                            forever()
                        }
                    untilItIsFree { WorkflowEngine(other).execute(flow, id = "run") }.shouldBeInstanceOf<WorkflowOutcome.Success>()
                }
                first.await().exceptionOrNull().shouldBeInstanceOf<RunTakenException>()
            }
            most.get() shouldBe 1
        }

        test("whatever the pool throws when a run is opened is reported as a store failure") {
            val store = JdbcWorkflowStore(Watched(newDatabase()) { throw IllegalStateException("the pool is closed") })
            shouldThrow<WorkflowStoreException> { store.open("run") }.message shouldBe
                "cannot access the database of the runs: the pool is closed"
        }

        test("a codec is called outside of transactions, and a run whose codec throws an Error stays free") {
            val database = newDatabase()
            JdbcWorkflowStore(database).use { first ->
                first.migrate()
                WorkflowEngine(first).execute(linear("flow") { task("a") { 1 } }, id = "run")
            }
            val isBroken = AtomicBoolean(true)
            lateinit var store: JdbcWorkflowStore
            val asking =
                object : ValueCodec by ValueCodec.Json {
                    override fun decode(text: String): Any? {
                        if (isBroken.get()) throw Defect("no class")
                        runBlocking { store.open("other").close() }
                        return ValueCodec.Json.decode(text)
                    }
                }
            store = JdbcWorkflowStore(database, codec = asking)
            shouldThrow<UnreadableResultException> { store.open("run") }.cause.shouldBeInstanceOf<Defect>()
            isBroken.set(false)
            store.open("run").close()
        }
    }
