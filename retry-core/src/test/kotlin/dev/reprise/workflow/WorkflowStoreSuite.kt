package dev.reprise.workflow

import dev.reprise.policy.RepriseSpi
import dev.reprise.retryPolicy
import dev.reprise.workflow.model.ControllerAttempt
import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.InvalidWorkflowException
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.UnreadableInputException
import dev.reprise.workflow.model.UnreadableResultException
import dev.reprise.workflow.model.UnstorableInputException
import dev.reprise.workflow.model.UnstorableResultException
import dev.reprise.workflow.model.ValueCodec
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.WorkflowProblem
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.model.byPolicy
import dev.reprise.workflow.model.key
import dev.reprise.workflow.model.times
import dev.reprise.workflow.operate.RunQuery
import dev.reprise.workflow.spi.Intention
import dev.reprise.workflow.spi.RunJournal
import dev.reprise.workflow.spi.TaskRecord
import dev.reprise.workflow.spi.WorkflowStore
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.core.spec.style.funSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import java.io.FileNotFoundException
import java.io.IOException
import java.net.ConnectException
import java.util.UUID
import java.util.concurrent.CompletionException
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Numbers and nothing else, until it is broken. */
internal class Numbers : ValueCodec {
    @Volatile
    var isBroken = false

    override fun encode(value: Any?) = if (value is Int) value.toString() else throw Broken("only numbers, not $value")

    override fun decode(text: String): Any = if (isBroken) throw Broken("no longer a number: $text") else text.toInt()
}

/** Behaviour of every store. [newStore] creates one that nothing else uses. */
internal fun workflowStoreSuite(newStore: suspend (ValueCodec) -> WorkflowStore) =
    funSpec {
        suspend fun <T> WorkflowStore.opened(
            run: String = "run",
            use: suspend RunJournal.() -> T,
        ): T {
            val journal = open(run)
            try {
                return journal.use()
            } finally {
                journal.close()
            }
        }

        test("a new run is empty; the next engine that opens it finds the latest saved state of each atom") {
            val store = newStore(ValueCodec.Json)
            store.opened {
                outline.shouldBeNull()
                state shouldBe WorkflowState.PENDING
                tasks.shouldBeEmpty()
                start("task 1.0 a", mapOf("ip" to "localhost", "port" to 80, "none" to null))
                save(WorkflowState.RUNNING)
                save(listOf(TaskRecord("a", state = TaskState.RUNNING, progress = 0.5), TaskRecord("b", version = "2.0")))
                flush()
                save(listOf(TaskRecord("a", state = TaskState.SUCCESS, result = listOf(1, "two"), revertResult = 3L, progress = 1.0)))
                flush()
            }
            store.opened {
                outline shouldBe "task 1.0 a"
                inputs shouldBe mapOf("ip" to "localhost", "port" to 80, "none" to null)
                state shouldBe WorkflowState.RUNNING
                tasks shouldContainExactlyInAnyOrder
                    listOf(
                        TaskRecord("a", state = TaskState.SUCCESS, result = listOf(1, "two"), revertResult = 3L, progress = 1.0),
                        TaskRecord("b", version = "2.0"),
                    )
            }
            store.opened("another run") { outline.shouldBeNull() }
        }

        test("saves without a flush are kept as well if the run was released") {
            val store = newStore(ValueCodec.Json)
            store.opened {
                save(
                    listOf(TaskRecord("a", state = TaskState.RUNNING, isEnded = true, isInterrupted = true, intention = Intention.REVERT)),
                )
            }
            store.opened { tasks } shouldContainExactly
                listOf(TaskRecord("a", state = TaskState.RUNNING, isEnded = true, isInterrupted = true, intention = Intention.REVERT))
        }

        test("failures keep their messages, types and causes") {
            val store = newStore(ValueCodec.Json)
            val failure = IllegalStateException("no \"connection\"\u0000", IOException("refused"))
            store.opened { save(listOf(TaskRecord("a", state = TaskState.FAILURE, failure = failure, revertFailure = Broken("b")))) }
            val stored = store.opened { tasks.single() }
            stored.failure!!.message shouldBe "no \"connection\"\u0000"
            stored.failure.cause!!.message shouldBe "refused"
            ControllerHistory(listOf(ControllerAttempt(1, mapOf("a" to stored.failure)))).causedBy<IOException>() shouldBe true
            ControllerHistory(listOf(ControllerAttempt(1, mapOf("a" to stored.failure)))).causedBy<IllegalArgumentException>() shouldBe
                false
            stored.revertFailure!!.message shouldBe "b"
        }

        test("a run of which nothing was saved is forgotten when it is closed") {
            val store = newStore(ValueCodec.Json)
            store.open("run").close()
            store.read("run").shouldBeNull()
            val flow = linear("flow") { task("a", requires = key<String>("x")) { } }
            shouldThrow<InvalidWorkflowException> { WorkflowEngine(store).open(flow, id = "run") }
            store.runs().runs.shouldBeEmpty()
        }

        test("an id stands for one run: other inputs, and another workflow, are refused with the difference") {
            val store = newStore(ValueCodec.Json)
            val engine = WorkflowEngine(store)
            val (x, y) = key<String>("x") to key<Int>("y")
            val flow = linear("flow") { task("a", requires = x) { it } }
            val inputs = Inputs.of(x, "A").with(y, 1)
            engine.execute(flow, inputs, "run").shouldBeInstanceOf<WorkflowOutcome.Success>()
            engine.execute(flow, inputs, "run").shouldBeInstanceOf<WorkflowOutcome.Success>()
            engine.execute(flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Success>()
            val other = shouldThrow<InvalidWorkflowException> { engine.execute(flow, Inputs.of(x, "B"), "run") }
            other.problem shouldBe WorkflowProblem.OTHER_INPUTS
            other.message shouldBe
                "the run \"run\" has started with other inputs: \"x\" has another value; to run with these, use another id"
            shouldThrow<InvalidWorkflowException> { engine.execute(flow, inputs.with(key<String>("z"), "z"), "run") }.message shouldBe
                "the run \"run\" has started with other inputs: \"z\" is not among them; to run with these, use another id"
            val sameTasks = linear("another") { task("a", requires = x) { it } }
            shouldThrow<InvalidWorkflowException> { engine.execute(sameTasks, id = "run") }.message shouldBe
                "the stored run belongs to another version of another: it had the linear workflow flow, it has the linear workflow another"
            store.read("run")!!.summary.isOwned shouldBe false
        }

        test("runs are listed by pages whose cursors stay valid while runs change, come and go") {
            val store = newStore(ValueCodec.Json)
            val engine = WorkflowEngine(store)
            val fine = linear("fine") { task("a") { } }
            val broken = linear("broken") { task("a") { throw Broken("x") } }
            repeat(4) { engine.execute(fine, id = "fine $it") }
            repeat(3) { engine.execute(broken, id = "broken $it") }
            val all =
                store
                    .runs()
                    .also { it.next shouldBe null }
                    .runs
                    .map { it.id }
            all shouldContainExactlyInAnyOrder (0..3).map { "fine $it" } + (0..2).map { "broken $it" }

            val first = store.runs(limit = 3)
            first.runs.map { it.id } shouldContainExactly all.take(3)
            store.remove(setOf(all[2]))
            WorkflowEngine(store).reset(if (all[3].startsWith("f")) fine else broken, all[3])
            val second = store.runs(after = first.next, limit = 3)
            second.runs.map { it.id } shouldContainExactly all.subList(3, 6)
            store.runs(after = second.next, limit = 3).let { it.runs.map { run -> run.id } to it.next } shouldBe (all.drop(6) to null)
            store.runs().runs.map { it.id } shouldContainExactly all - all[2]

            val reverted = RunQuery.ALL.states(WorkflowState.REVERTED)
            store.runs(reverted).runs.map { it.id } shouldContainExactly
                store
                    .runs()
                    .runs
                    .filter { it.state == WorkflowState.REVERTED }
                    .map { it.id }
            store.runs(RunQuery.ALL.workflow("fine"), limit = 2).runs.map { it.workflow } shouldContainExactly listOf("fine", "fine")
            store
                .runs(RunQuery.ALL.idPrefix(all.last()))
                .runs
                .single()
                .id shouldBe all.last()
            val changed = store.runs(reverted).runs[0].changedAt
            store.runs(RunQuery.ALL.changedBefore(changed.minusSeconds(1))).runs.shouldBeEmpty()
            store.runs(RunQuery.ALL.changedSince(changed.minusSeconds(60))).runs.size shouldBe 6
            shouldThrow<IllegalArgumentException> { store.runs(limit = 0) }
            shouldThrow<IllegalArgumentException> { store.runs(after = "no cursor") }
        }

        test("a run can be read while an engine owns it, with its failures and its attempts, and drawn") {
            val store = newStore(ValueCodec.Json)
            val flow =
                linear("flow") {
                    linear("part", retry = times(2)) { task("a") { throw Broken("x") } }
                    task("b") { }
                }
            val run = WorkflowEngine(store).open(flow, id = "run")
            run.execute()
            val seen = store.read("run")!!
            seen.summary.let { listOf(it.workflow, it.state, it.isOwned) } shouldContainExactly listOf("flow", WorkflowState.REVERTED, true)
            seen.tasks.map { "${it.name} ${it.state} ${it.executions}" } shouldContainExactly
                listOf("part_retry REVERTED 2", "a REVERTED 2", "b PENDING 0")
            seen.tasks[1].failure shouldBe "dev.reprise.workflow.Broken: x"
            seen.toMermaid() shouldContain "REVERTED"
            seen.toDot() shouldContain "PENDING"
            run.close()
            store.read("run")!!.summary.isOwned shouldBe false
        }

        test("old runs that ended well are purged, others stay") {
            val store = newStore(ValueCodec.Json)
            val engine = WorkflowEngine(store)
            val fine = linear("fine") { task("a") { } }
            repeat(3) { engine.execute(fine, id = "fine $it") }
            engine.execute(linear("reverted") { task("a") { throw Broken("x") } }, id = "reverted")
            WorkflowEngine(store) { resolveFailures = false }.execute(linear("failed") { task("a") { throw Broken("x") } }, id = "failed")
            val owned = engine.open(fine, id = "fine 0")
            val past = store.runs().runs.minOf { it.createdAt }
            store.purge(past) shouldBe 0
            val future = past.plusSeconds(3600)
            store.purge(future, limit = 1) shouldBe 1
            store.purge(future) shouldBe 2
            store.runs().runs.map { it.id } shouldContainExactlyInAnyOrder listOf("fine 0", "failed")
            owned.close()
            store.purge(future) shouldBe 1
            // Nothing is left of it.
            engine.execute(linear("other") { task("x") { } }, id = "fine 0").shouldBeInstanceOf<WorkflowOutcome.Success>()
        }

        test("histories grow, change at their end, and are forgotten") {
            val store = newStore(ValueCodec.Json)
            val one = ControllerAttempt("x", mapOf("a" to Broken("a")), 1.milliseconds, 2.seconds)
            val two = ControllerAttempt("y")
            val changed = ControllerAttempt("y", mapOf("b" to Broken("b"), "a" to Broken("a")))

            suspend fun RunJournal.keep(vararg attempts: ControllerAttempt) =
                save(listOf(TaskRecord("c", history = ControllerHistory(attempts.toList(), Broken("own")))))

            suspend fun kept() =
                store.opened {
                    tasks
                        .single()
                        .history!!
                        .attempts
                        .map { listOf(it.value, it.failures.keys.toList(), it.elapsed, it.delay) }
                }
            store.opened {
                keep(one)
                flush()
                keep(one, two)
            }
            kept() shouldBe
                listOf(listOf("x", listOf("a"), 1.milliseconds, 2.seconds), listOf("y", emptyList<String>(), 0.seconds, 0.seconds))
            store.opened {
                keep(
                    *tasks
                        .single()
                        .history!!
                        .attempts
                        .dropLast(1)
                        .toTypedArray(),
                    changed,
                )
            }
            kept().map { it[1] } shouldBe listOf(listOf("a"), listOf("b", "a"))
            store.opened {
                keep(one, two, changed)
                keep()
                keep(two)
            }
            kept().map { it[0] } shouldBe listOf("y")
            store.opened {
                tasks
                    .single()
                    .history!!
                    .ownFailure!!
                    .message
            } shouldBe "own"
            store.opened { keep() }
            kept() shouldBe emptyList()
        }

        test("a result that cannot be stored names its task, and nothing of that save is stored; an input is named as well") {
            val store = newStore(Numbers())
            store.opened {
                shouldThrow<UnstorableResultException> {
                    save(listOf(TaskRecord("fine", result = 1), TaskRecord("text", result = "text")))
                }.message shouldBe "the store cannot keep the result of text: dev.reprise.workflow.Broken: only numbers, not text"
                shouldThrow<UnstorableInputException> { start("task 1.0 a", mapOf("name" to "text")) }.input shouldBe "name"
            }
            store.opened {
                tasks.shouldBeEmpty()
                outline.shouldBeNull()
            }
        }

        test("an unreadable value names its task or its input, the run stays free, and nothing is lost") {
            val numbers = Numbers()
            val store = newStore(numbers)
            store.opened { save(listOf(TaskRecord("one", state = TaskState.SUCCESS, result = 1))) }
            store.opened("inputs") { start("task 1.0 a", mapOf("size" to 7)) }
            numbers.isBroken = true
            shouldThrow<UnreadableResultException> { store.open("run") }.task shouldBe "one"
            shouldThrow<UnreadableInputException> { store.open("inputs") }.input shouldBe "size"
            numbers.isBroken = false
            store.opened { tasks.single().result } shouldBe 1
            store.opened("inputs") { inputs } shouldBe mapOf("size" to 7)
        }

        test("a result that cannot be stored is a failure of its task; a revert's result that cannot be stored is left out") {
            val undone = ArrayList<String>()
            val flow =
                linear("flow") {
                    task("fine") { 1 } revert {
                        undone += "fine"
                        UUID.randomUUID()
                    }
                    task("text") { "text" }
                }
            val run = WorkflowEngine(newStore(Numbers())).open(flow)
            val outcome = run.execute().shouldBeInstanceOf<WorkflowOutcome.Reverted>()
            run.close()
            outcome.report.failures
                .getValue("text")
                .shouldBeInstanceOf<UnstorableResultException>()
                .task shouldBe "text"
            undone shouldContainExactly listOf("fine")
            run.records.map { it.state to it.revertResult } shouldContainExactly
                listOf(TaskState.REVERTED to null, TaskState.REVERTED to null)
        }

        test("a stored run whose workflow has changed names the difference, and stays") {
            val store = newStore(ValueCodec.Json)
            val before = linear("flow") { task("a") { throw Broken("x") } }
            WorkflowEngine(store).execute(before, id = "run")
            val refusal =
                shouldThrow<InvalidWorkflowException> { WorkflowEngine(store).execute(linear("flow") { task("b") { } }, id = "run") }
            refusal.problem shouldBe WorkflowProblem.CHANGED
            refusal.message shouldBe "the stored run belongs to another version of flow: it had the task 1.0 a, it has the task 1.0 b"
            WorkflowEngine(store).execute(before, id = "run").shouldBeInstanceOf<WorkflowOutcome.Reverted>()
        }

        test("another engine continues with the stored inputs and results") {
            val store = newStore(ValueCodec.Json)
            val port = key<Int>("port")
            val said = ArrayList<String>()
            val death = Death()
            val flow =
                linear("flow") {
                    val address = task("address", requires = port) { "localhost:$it".also { said += "address" } }
                    task("call", requires = address) {
                        death.comesOnce()
                        said += "called $it"
                    }
                }
            death.during { WorkflowEngine(store).execute(flow, Inputs.of(port, 80), "run") }
            WorkflowEngine(store).execute(flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Success>()
            said shouldContainExactly listOf("address", "called localhost:80")
        }

        test("killed between the record of a failure and its decision, the next process decides by its policy as the first would have") {
            val store = newStore(ValueCodec.Json)
            val starts = ArrayList<Int>()
            val death = Death()
            val policy =
                retryPolicy {
                    unless<FileNotFoundException>()
                    on<IOException>(schedule = { delays(listOf(1.milliseconds, 2.milliseconds, 3.milliseconds)) })
                    maxAttempts(5)
                }
            val flow =
                linear("flow", byPolicy(policy)) {
                    task("a") {
                        starts += starts.size + 1
                        if (starts.size < 3) throw CompletionException(ConnectException("refused"))
                    }
                }
            death.during { WorkflowEngine(DyingStore(store, death)).execute(flow, id = "run") }
            starts.size shouldBe 1
            WorkflowEngine(store).execute(flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Success>()
            starts shouldContainExactly listOf(1, 2, 3)
            val history =
                store.opened {
                    tasks
                        .single { it.name == "flow_retry" }
                        .history!!
                        .attempts
                        .map { it.delay }
                }
            history.take(2) shouldContainExactly listOf(1.milliseconds, 2.milliseconds)
        }

        test("W1: if a run is killed while several tasks run, those that have ended are not run again") {
            val store = newStore(ValueCodec.Json)
            val said = ArrayList<String>()
            val death = Death()
            val flow =
                unordered("wave") {
                    task("a") { said += "a" } revert { said += "undo a" }
                    task("b") { throw Broken("b") }
                    task("c") {
                        death.comesOnce()
                        said += "c"
                    }
                }
            death.during { WorkflowEngine(store).execute(flow, id = "run") }
            val outcome = WorkflowEngine(store).execute(flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Reverted>()
            outcome.report.failures
                .getValue("b")
                .message shouldBe "b"
            said shouldContainExactly listOf("a", "undo a")
        }
    }

/** A store whose process dies between the record of its first failure and what is decided about it. */
@OptIn(RepriseSpi::class)
private class DyingStore(
    private val store: WorkflowStore,
    private val death: Death,
) : WorkflowStore by store {
    override suspend fun open(
        run: String,
        isExecuted: Boolean,
    ): RunJournal {
        val journal = store.open(run, isExecuted)
        return object : RunJournal by journal {
            private var hasFailed = false

            override suspend fun save(records: List<TaskRecord>) {
                if (hasFailed) death.comesOnce()
                journal.save(records)
                if (records.any { it.failure != null }) {
                    journal.flush()
                    hasFailed = true
                }
            }
        }
    }
}

/** Ends a run in the middle of a task, as far as an engine can be ended without its process. */
internal class Death {
    private lateinit var job: Job

    /** Never returns the first time it is called. */
    suspend fun comesOnce() {
        if (job.isCancelled) return
        job.cancel()
        awaitCancellation()
    }

    suspend fun during(run: suspend () -> Unit): Unit =
        coroutineScope {
            job = launch(start = CoroutineStart.LAZY) { run() }
            job.join()
        }
}

class InMemoryWorkflowStoreTest : FunSpec({
    include(workflowStoreSuite { InMemoryWorkflowStore(it) })
    include(runOwnerSuite { InMemoryWorkflowStore(it) })
    include(workflowGrowthSuite { InMemoryWorkflowStore(it) })
})
