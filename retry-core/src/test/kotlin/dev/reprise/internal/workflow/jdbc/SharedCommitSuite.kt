package dev.reprise.internal.workflow.jdbc

import dev.reprise.workflow.JdbcWorkflowStore
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.ValueCodec
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.spi.TaskRecord
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import java.util.concurrent.CountDownLatch
import java.util.concurrent.atomic.AtomicInteger
import javax.sql.DataSource
import kotlin.time.Duration.Companion.seconds

private const val RUNS = 50
private const val TASKS = 10

/** Runs that write at the same time share transactions. [newDatabase] creates an empty database, [commits] counts those of one. */
internal fun sharedCommitSuite(
    newDatabase: () -> DataSource,
    commits: (DataSource, AtomicInteger) -> DataSource,
) = funSpec {
    suspend fun tablesOf(database: DataSource): WorkflowTables {
        JdbcWorkflowStore(database).use { it.migrate() }
        return WorkflowTables(database, "reprise_workflow_", ValueCodec.Json, 20.seconds, 30.seconds, null, null)
    }

    fun step(
        owner: RunOwner,
        task: String,
    ) = RunStep(
        owner,
        WorkflowState.RUNNING,
        started = null,
        definition = null,
        listOf(
            TaskTable(
                {
                    it
                },
                dev.reprise.workflow.spi
                    .StoredValues(ValueCodec.Json),
            ).row(owner.run, TaskRecord(task, state = TaskState.RUNNING)),
        ),
        emptyList(),
        emptyList(),
        emptyMap(),
    )

    test("fifty runs of ten tasks need few commits, and each ends as if it were alone") {
        val count = AtomicInteger()
        val store = JdbcWorkflowStore(commits(newDatabase(), count)).also { it.migrate() }
        val done = AtomicInteger()
        val flow = linear("flow") { repeat(TASKS) { task("t$it") { done.incrementAndGet() } } }
        count.set(0)
        coroutineScope {
            List(RUNS) { run -> async(Dispatchers.Default) { WorkflowEngine(store).execute(flow, id = "run $run") } }
                .forEach { it.await().shouldBeInstanceOf<WorkflowOutcome.Success>() }
        }
        done.get() shouldBe RUNS * TASKS
        count.get() shouldBeLessThan RUNS * TASKS / 4
        repeat(RUNS) { run ->
            store.read("run $run")!!.tasks.map { "${it.state} ${it.executions}" } shouldContainExactly List(TASKS) { "SUCCESS 1" }
        }
        store.close()
    }

    test("a lone run has one commit for each task, and one more: it is taken with its first task, and released with its end") {
        val count = AtomicInteger()
        val store = JdbcWorkflowStore(commits(newDatabase(), count)).also { it.migrate() }
        val flow = linear("flow") { repeat(TASKS) { task("t$it") { } } }
        WorkflowEngine(store).execute(flow, id = "warm")
        count.set(0)
        WorkflowEngine(store).execute(flow, id = "run")
        count.get() shouldBe TASKS + 1
        store.close()
    }

    val outline = "task 1 t"

    test("a run that is taken with its first step belongs to the first engine that writes one; the other writes nothing") {
        val store = JdbcWorkflowStore(newDatabase()).also { it.migrate() }
        store.open("another").close()
        val (first, second) = List(2) { store.open("run", isExecuted = true).also { it.start(outline, emptyMap()) } }
        store.read("run") shouldBe null
        first.flush()
        second.save(listOf(TaskRecord("x", state = TaskState.RUNNING)))
        shouldThrow<RunTakenException> { second.flush() }
        second.close()
        first.save(listOf(TaskRecord("u", state = TaskState.RUNNING)))
        first.flush()
        store.read("run")!!.tasks.map { it.name } shouldContainExactly listOf("t", "u")
        shouldThrow<RunTakenException> { store.open("run", isExecuted = true) }
        first.close()
        store.close()
    }

    test("the last step of a run releases it; a run that never had a step leaves nothing") {
        val store = JdbcWorkflowStore(newDatabase()).also { it.migrate() }
        store.open("another").close()
        val run = store.open("run", isExecuted = true).also { it.start(outline, emptyMap()) }
        run.flush()
        run.save(WorkflowState.SUCCESS)
        run.flush(isLast = true)
        store.open("run", isExecuted = true).also { it.state shouldBe WorkflowState.SUCCESS }.close()
        run.close()
        store.open("none", isExecuted = true).close()
        store.read("none") shouldBe null
        store.close()
    }

    test("in one group, an owner that has lost its run writes nothing, and the others write all") {
        val tables = tablesOf(newDatabase())
        val (old, other) = listOf("run", "other").map { tables.take(it).owner }
        tables.transaction { it.update(filled("UPDATE {p}run SET lease_until = 0 WHERE id = 'run'")) }
        val new = tables.take("run").owner
        val statements: suspend (List<RunWrite>) -> List<Boolean> = tables.statements::write
        statements(
            listOf(
                step(old, "a"),
                step(new, "b"),
                step(other, "c"),
                RunStep.taking(RunOwner("third", "x", 1)),
                RunStep.taking(RunOwner("run", "y", 1)),
            ),
        ) shouldContainExactly
            listOf(false, true, true, true, false)

        suspend fun tasks(run: String) = tables.transaction { tasks.read(it, run).tasks.map { task -> task.name } }
        listOf("run", "other", "third").map { tasks(it) } shouldContainExactly listOf(listOf("b"), listOf("c"), emptyList())
        statements(listOf(RunRelease(old), RunRelease(other))) shouldContainExactly listOf(false, true)
        tables.close()
    }

    test("a step is visible only when it is durable: a run waits for the commit of its group before its task is called") {
        val mayCommit = CountDownLatch(1)
        val isHeld =
            java.util.concurrent.atomic
                .AtomicBoolean()
        val store = JdbcWorkflowStore(Watched(newDatabase()) { if (isHeld.get()) mayCommit.await() }).also { it.migrate() }
        val called = AtomicInteger()
        val runs = List(3) { WorkflowEngine(store).open(linear("flow") { task("t") { called.incrementAndGet() } }, id = "run $it") }
        isHeld.set(true)
        coroutineScope {
            val all = runs.map { async(Dispatchers.Default) { it.execute() } }
            repeat(100) { kotlinx.coroutines.yield() }
            called.get() shouldBe 0
            mayCommit.countDown()
            all.forEach { it.await().shouldBeInstanceOf<WorkflowOutcome.Success>() }
        }
        called.get() shouldBe 3
        runs.forEach { it.close() }
        store.close()
    }
}
