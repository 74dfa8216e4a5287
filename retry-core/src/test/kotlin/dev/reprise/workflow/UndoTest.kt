package dev.reprise.workflow

import dev.reprise.retryPolicy
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.model.byPolicy
import dev.reprise.workflow.model.times
import dev.reprise.workflow.spi.WorkflowStore
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.yield
import java.io.File
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.time.Duration.Companion.hours

/** A trip of three tasks; [visa] is the code of the last one, [cancel] that of the first one's revert. */
private class Trip(
    private val cancel: (Int) -> Unit = {},
    private val visa: suspend () -> Unit = {},
) {
    val said = CopyOnWriteArrayList<String>()
    private var cancellations = 0

    val flow: Workflow =
        linear("trip", retry = times(3)) {
            task("flight") { said += "flight" } revert {
                said += "no flight"
                cancel(++cancellations)
            }
            task("hotel") { said += "hotel" } revert { said += "no hotel" }
            task("visa") { visa() } revert { said += "no visa" }
        }
}

/** A run is undone on request, whatever it has ended as. */
class UndoTest : FunSpec({
    val files = tempdir()
    val stores =
        mapOf<String, suspend () -> WorkflowStore>(
            "memory" to { InMemoryWorkflowStore() },
            "SQLite" to { JdbcWorkflowStore.open(File.createTempFile("runs", ".db", files).toPath()) },
        )
    for ((name, newStore) in stores) {
        for (parallelism in listOf(1, 4)) {
            val where = "$name, parallelism $parallelism"

            fun engine(store: WorkflowStore) = WorkflowEngine(store) { this.parallelism = parallelism }

            test("one that succeeded, once; executing it then starts over: $where") {
                val trip = Trip()
                val engine = engine(newStore())
                engine.execute(trip.flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Success>()
                val undone = engine.undo(trip.flow, "run").shouldBeInstanceOf<WorkflowOutcome.Reverted>()
                undone.report.notReverted shouldBe emptyList()
                engine.undo(trip.flow, "run").shouldBeInstanceOf<WorkflowOutcome.Reverted>()
                trip.said shouldContainExactly listOf("flight", "hotel", "no visa", "no hotel", "no flight")
                engine.execute(trip.flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Success>()
                trip.said.takeLast(2) shouldContainExactly listOf("flight", "hotel")
            }

            test("one that a process left in the middle; what was running is undone too, and no controller decides: $where") {
                val began = CompletableDeferred<Unit>()
                val trip =
                    Trip {
                        began.complete(Unit)
                        awaitCancellation()
                    }
                val engine = engine(newStore())
                coroutineScope {
                    val process = launch(Dispatchers.Default) { engine.execute(trip.flow, id = "run") }
                    began.await()
                    process.cancelAndJoin()
                }
                engine.undo(trip.flow, "run").shouldBeInstanceOf<WorkflowOutcome.Reverted>()
                // The revert of a task whose end is unknown is not called with a result.
                trip.said shouldContainExactly listOf("flight", "hotel", "no hotel", "no flight")
            }

            test("one whose revert failed: the revert is called again, as often as the undoing is requested: $where") {
                val trip = Trip(cancel = { if (it < 3) throw Broken("closed $it") }, visa = { throw Broken("no visa") })
                val engine = engine(newStore())
                engine.execute(trip.flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Failed>()
                engine
                    .undo(trip.flow, "run")
                    .shouldBeInstanceOf<WorkflowOutcome.Failed>()
                    .report.revertFailures.keys shouldBe
                    setOf("flight")
                engine
                    .undo(trip.flow, "run")
                    .shouldBeInstanceOf<WorkflowOutcome.Reverted>()
                    .report.revertFailures shouldBe emptyMap()
                trip.said shouldContainExactly listOf("flight", "hotel", "no hotel", "no flight", "no flight", "no flight")
            }

            test("the process that undoes dies: an engine that executes the run continues backwards: $where") {
                val began = CompletableDeferred<Unit>()
                val mayEnd = CompletableDeferred<Unit>()
                val said = CopyOnWriteArrayList<String>()
                val flow =
                    linear("trip") {
                        task("flight") { said += "flight" } revert { said += "no flight" }
                        task("hotel") { said += "hotel" } revert {
                            began.complete(Unit)
                            mayEnd.await()
                            said += "no hotel"
                        }
                    }
                val engine = engine(newStore())
                engine.execute(flow, id = "run")
                coroutineScope {
                    val process = launch(Dispatchers.Default) { engine.undo(flow, "run") }
                    began.await()
                    process.cancelAndJoin()
                }
                mayEnd.complete(Unit)
                engine.execute(flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Reverted>()
                said shouldContainExactly listOf("flight", "hotel", "no hotel", "no flight")
            }
        }

        test("one that waits for a controller, and one that was suspended: $name") {
            val said = CopyOnWriteArrayList<String>()
            val flow =
                linear("order") {
                    task("reserve") { said += "reserved" } revert { said += "released" }
                    linear(
                        "pay",
                        retry = byPolicy(retryPolicy { every(1.hours).maxAttempts(2) }),
                    ) { task("charge") { throw Broken("bank") } }
                }
            val engine = WorkflowEngine(newStore())
            val run = engine.open(flow, id = "run")
            coroutineScope {
                val execution = launch(Dispatchers.Default) { run.execute() }
                while (run.records.none { it.dueAt != null }) yield()
                run.requestSuspension()
                execution.join()
            }
            run.state shouldBe WorkflowState.SUSPENDED
            run.close()
            engine.undo(flow, "run").shouldBeInstanceOf<WorkflowOutcome.Reverted>()
            said shouldContainExactly listOf("reserved", "released")
            engine.read("run")!!.tasks.map { it.state } shouldContainExactly
                listOf(TaskState.REVERTED, TaskState.REVERTED, TaskState.PENDING)
        }

        test("an unknown run, and one of another workflow, are refused, and stay as they are: $name") {
            val engine = WorkflowEngine(newStore())
            val trip = Trip()
            shouldThrow<NoSuchElementException> { engine.undo(trip.flow, "run") }.message shouldBe
                "there is no run \"run\" that has started"
            engine.read("run") shouldBe null
            engine.execute(trip.flow, id = "run")
            shouldThrow<IllegalArgumentException> { engine.undo(linear("other") { task("flight") { } }, "run") }
            engine.read("run")!!.summary.state shouldBe WorkflowState.SUCCESS
        }

        test("a run that failed is reset by hand and starts over: $name") {
            var isOpen = false
            val trip = Trip(cancel = { if (!isOpen) throw Broken("closed") }, visa = { if (!isOpen) throw Broken("no visa") })
            val engine = WorkflowEngine(newStore())
            engine.execute(trip.flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Failed>()
            isOpen = true
            engine.reset(trip.flow, "run")
            engine.read("run")!!.summary.state shouldBe WorkflowState.PENDING
            engine.execute(trip.flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Success>()
        }
    }
})
