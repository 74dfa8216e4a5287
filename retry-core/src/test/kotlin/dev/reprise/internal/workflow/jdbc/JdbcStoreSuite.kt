package dev.reprise.internal.workflow.jdbc

import dev.reprise.workflow.Broken
import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.ValueCodec
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.model.WorkflowStoreException
import dev.reprise.workflow.spi.Intention
import dev.reprise.workflow.spi.TaskRecord
import dev.reprise.workflow.unordered
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldNotContain
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import java.sql.SQLException
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicLong
import javax.sql.DataSource
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private const val LEASE_MILLIS = 20_000L

/** What applies only to stores on a database. [newDatabase] creates an empty one. */
internal fun jdbcWorkflowStoreSuite(newDatabase: () -> DataSource) =
    funSpec {
        /** Two stores, as of two processes, on one database whose clock is [clock]. */
        suspend fun twoStores(clock: AtomicLong): Pair<JdbcWorkflowStore, JdbcWorkflowStore> {
            val database = newDatabase()
            val (one, two) =
                List(2) { JdbcWorkflowStore(database, "reprise_", ValueCodec.Json, 20.seconds, 30.seconds, 3.days) { clock.get() } }
            one.migrate()
            return one to two
        }

        test(
            "a run whose owner is silent is taken when its lease is over on the database's clock, and not before; the old owner writes nothing",
        ) {
            val clock = AtomicLong(1_000_000)
            val (one, two) = twoStores(clock)
            val old = one.open("run")
            old.save(listOf(TaskRecord("a", state = TaskState.SUCCESS, result = 1)))
            old.flush()
            clock.addAndGet(LEASE_MILLIS - 1)
            shouldThrow<RunTakenException> { two.open("run") }
            clock.addAndGet(1)
            val new = two.open("run")
            old.save(listOf(TaskRecord("a", state = TaskState.REVERTED), TaskRecord("b")))
            shouldThrow<RunTakenException> { old.flush() }
            old.lost!!.isCompleted shouldBe true
            new.save(listOf(TaskRecord("b", state = TaskState.RUNNING)))
            new.flush()
            old.close()
            shouldThrow<RunTakenException> { one.open("run") }
            new.close()
            one.open("run").tasks.map { it.name to it.state } shouldContainExactly
                listOf("a" to TaskState.SUCCESS, "b" to TaskState.RUNNING)
        }

        test("W5: of two engines one owns the run, the other is rejected; when the run is taken over, the owner's tasks are cancelled") {
            val clock = AtomicLong(1_000_000)
            val (one, two) = twoStores(clock)
            val began = CompletableDeferred<Unit>()
            val cancelled = CompletableDeferred<Unit>()
            val flow =
                linear("flow") {
                    task("a") {
                        if (began.complete(Unit)) {
                            try {
                                awaitCancellation()
                            } finally {
                                cancelled.complete(Unit)
                            }
                        }
                    }
                }
            coroutineScope {
                val first = async { runCatching { WorkflowEngine(one).executeOrThrow(flow, id = "run") } }
                began.await()
                shouldThrow<RunTakenException> { WorkflowEngine(two).executeOrThrow(flow, id = "run") }
                // The first one's lease is being renewed: the engine that is faster after the clock has moved owns it.
                while (!cancelled.isCompleted) {
                    clock.addAndGet(LEASE_MILLIS)
                    val outcome = runCatching { WorkflowEngine(two).executeOrThrow(flow, id = "run") }
                    if (outcome.isSuccess) cancelled.await()
                }
                first
                    .await()
                    .exceptionOrNull()
                    .shouldBeInstanceOf<RunTakenException>()
                    .run shouldBe "run"
            }
        }

        test("the tables are created once, even by several processes at once, and beside those of a queue with the same prefix") {
            val database = newDatabase()
            coroutineScope {
                List(3) { async { JdbcWorkflowStore(database).use { it.migrate() } } }.forEach { it.await() }
            }
            dev.reprise.queue.JdbcCallStore(database).use {
                it.migrate()
                it.open()
            }
            JdbcWorkflowStore(database).open("run").close()
        }

        test("missing tables, a bad prefix and a bad id are reported") {
            val store = JdbcWorkflowStore(newDatabase())
            shouldThrow<WorkflowStoreException> { store.open("run") }.message shouldBe
                "the tables 'reprise_workflow_…' do not exist: migrate() creates them"
            shouldThrow<IllegalArgumentException> { JdbcWorkflowStore(newDatabase(), tablePrefix = "Robert'); --") }
            store.migrate()
            shouldThrow<IllegalArgumentException> { store.open(" ") }
        }

        test("runs that ended well are removed after the retention of their store, others stay") {
            val store = JdbcWorkflowStore(newDatabase(), retention = 1.seconds).also { it.migrate() }
            val engine = WorkflowEngine(store)
            engine.execute(linear("fine") { task("a") { } }, id = "fine")
            engine.execute(linear("reverted") { task("a") { throw Broken("x") } }, id = "reverted")
            val failed =
                linear("failed") {
                    task("a") { } revert { throw Broken("y") }
                    task("b") { throw Broken("x") }
                }
            engine.execute(failed, id = "failed")
            while (store.read("fine") != null || store.read("reverted") != null) delay(50.milliseconds)
            store.runs().runs.map { it.id } shouldContainExactly listOf("failed")
            store.close()
        }

        test("a large wave is written in batches before it is flushed, and what is saved at once is written at once") {
            val store = JdbcWorkflowStore(newDatabase()).also { it.migrate() }
            val run = store.open("run")
            run.start("linear workflow flow\nend", emptyMap())
            repeat(2_500) { run.save(listOf(TaskRecord("t$it", state = TaskState.RUNNING))) }
            store.read("run")!!.tasks.size shouldBe 2_000
            run.save(List(5_000) { TaskRecord("t$it", intention = Intention.REVERT) })
            store.read("run")!!.tasks.size shouldBe 2_000
            run.flush()
            store.read("run")!!.tasks.size shouldBe 5_000
            run.close()
        }

        test("the caller's thread is never blocked by the database") {
            val threads = ConcurrentHashMap.newKeySet<String>()
            val store = JdbcWorkflowStore(Watched(newDatabase()) { threads += Thread.currentThread().name }).also { it.migrate() }
            val flow = unordered("flow") { repeat(10) { task("t$it") { } } }
            Executors.newSingleThreadExecutor { Thread(it, "the caller's") }.asCoroutineDispatcher().use { dispatcher ->
                withContext(dispatcher) { WorkflowEngine(store).executeOrThrow(flow) }
            }
            threads shouldNotContain "the caller's"
        }

        test("an outage interrupts the run: it continues when the database is back, and completed tasks do not run again") {
            var isAway = false
            val store = JdbcWorkflowStore(Watched(newDatabase()) { if (isAway) throw SQLException("away") }).also { it.migrate() }
            val said = ArrayList<String>()
            val flow =
                linear("flow") {
                    task("a") { said += "a" }
                    task("b") {
                        said += "b"
                        isAway = true
                    }
                    task("c") { said += "c" }
                }
            val run = WorkflowEngine(store).open(flow, id = "run")
            shouldThrow<WorkflowStoreException> { run.executeOrThrow() }.message!! shouldContain "away"
            isAway = false
            run.executeOrThrow().shouldBeInstanceOf<WorkflowOutcome.Success>()
            said shouldContainExactly listOf("a", "b", "c")
            run.close()
        }

        test("a run is given up in time although the database hangs") {
            val database = newDatabase()
            JdbcWorkflowStore(database).use { it.migrate() }
            val answers = CountDownLatch(1)
            var isHanging = false
            val store = JdbcWorkflowStore(Watched(database) { if (isHanging) answers.await() }, lease = 1.seconds)
            val run = store.open("run")
            isHanging = true
            try {
                withTimeout(10.seconds) { run.lost!!.join() }
            } finally {
                answers.countDown()
                run.close()
            }
        }

        test("what was saved before an outage at the end is written when the run is released") {
            var isAway = false
            val store = JdbcWorkflowStore(Watched(newDatabase()) { if (isAway) throw SQLException("away") }).also { it.migrate() }
            val run = WorkflowEngine(store).open(linear("flow") { task("a") { isAway = true } }, id = "run")
            shouldThrow<WorkflowStoreException> { run.executeOrThrow() }
            isAway = false
            run.close()
            store.open("run").let {
                it.state shouldBe WorkflowState.SUCCESS
                it.close()
            }
        }

        test("a stored failure stops the run as the original would have, with its message") {
            val store = JdbcWorkflowStore(newDatabase()).also { it.migrate() }
            val flow = linear("flow") { task("a") { throw Broken("a is broken") } }
            WorkflowEngine(store) { resolveFailures = false }.execute(flow, id = "run")
            val outcome = WorkflowEngine(store).execute(flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Reverted>()
            outcome.report.failures.mapValues { it.value.message } shouldBe mapOf("a" to "a is broken")
        }
    }
