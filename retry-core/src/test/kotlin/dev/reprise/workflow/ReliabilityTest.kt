package dev.reprise.workflow

import dev.reprise.workflow.model.ControllerDecision
import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.RetryController
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.model.WorkflowFailedException
import dev.reprise.workflow.model.WorkflowListener
import dev.reprise.workflow.model.WorkflowOutcome
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.spi.RunJournal
import dev.reprise.workflow.spi.TaskRecord
import dev.reprise.workflow.spi.WorkflowStore
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.maps.shouldContainKey
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.yield
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration.Companion.seconds

class ReliabilityTest : FunSpec({
    test("W3: cancelling the caller cancels running tasks and keeps the state, and the run can be resumed") {
        for (parallelism in listOf(1, 3)) {
            val said = ArrayList<String>()
            val started = CompletableDeferred<Unit>()
            val flow =
                linear("flow") {
                    task("a") { said += "a" }
                    task("b") {
                        said += "b"
                        if (started.complete(Unit)) awaitCancellation()
                    } revert { said += "undo b" }
                    task("c") { said += "c" }
                }
            val store = InMemoryWorkflowStore()
            runTest {
                val caller = launch { WorkflowEngine(store) { this.parallelism = parallelism }.executeOrThrow(flow, id = "run") }
                started.await()
                caller.cancel()
                caller.join()
                val run = WorkflowEngine(store) { this.parallelism = parallelism }.open(flow, id = "run")
                run.records.map { it.state } shouldContainExactly listOf(TaskState.SUCCESS, TaskState.RUNNING, TaskState.PENDING)
                run.executeOrThrow().shouldBeInstanceOf<WorkflowOutcome.Success>()
            }
            said shouldContainExactly listOf("a", "b", "b", "c")
        }
    }

    test("a cancellation that is not the caller's is a failure of the task") {
        val flow = linear("flow") { task("a") { withTimeout(1.seconds) { awaitCancellation() } } }
        runTest {
            val outcome = WorkflowEngine().execute(flow).shouldBeInstanceOf<WorkflowOutcome.Reverted>()
            outcome.report.failures
                .getValue("a")
                .cause
                .shouldBeInstanceOf<CancellationException>()
        }
    }

    test("W4: a revert that fails is reported with the failure that led to it, and stops the run") {
        val broken = Broken("b")
        val flow =
            linear("flow") {
                task("a") { } revert { error("not reached") }
                task("b") { } revert { error("undo b") }
                task("c") { throw broken }
            }
        runTest {
            val outcome = WorkflowEngine().execute(flow).shouldBeInstanceOf<WorkflowOutcome.Failed>()
            outcome.report.failures.getValue("c") shouldBeSameInstanceAs broken
            outcome.report.revertFailures shouldContainKey "b"
            outcome.report.notReverted shouldContainExactly listOf("a")
            val thrown = shouldThrow<WorkflowFailedException> { WorkflowEngine().executeOrThrow(flow) }
            thrown.suppressed.map { it.message } shouldContainExactly listOf("undo b", "b")
        }
    }

    test("W5, in memory: if two engines open one run, the second is rejected") {
        val store = InMemoryWorkflowStore()
        val flow = linear("flow") { task("a") { } }
        runTest {
            val run = WorkflowEngine(store).open(flow, id = "run")
            shouldThrow<RunTakenException> { WorkflowEngine(store).open(flow, id = "run") }.run shouldBe "run"
            run.close()
            WorkflowEngine(store).executeOrThrow(flow, id = "run")
        }
    }

    test("without a listener each step of a run is written at once, before the next task is called") {
        val written = ArrayList<String>()
        val store = FlushLog(InMemoryWorkflowStore(), written)
        val flow =
            linear("flow") {
                task("a") { written += "a is called" }
                unordered("both") {
                    task("b") { written += "b is called" }
                    task("c") { written += "c is called" }
                }
            }
        runTest { WorkflowEngine(store).executeOrThrow(flow, id = "run") }
        written shouldContainExactly
            listOf(
                "flow RUNNING, a RUNNING",
                "a is called",
                "a SUCCESS, b RUNNING",
                "b is called",
                "b ended, c RUNNING",
                "c is called",
                "c ended, b SUCCESS, c SUCCESS, flow SUCCESS",
            )
    }

    test("a controller that throws ends the run, names itself, and nothing is lost") {
        val throwing =
            object : RetryController<Unit>("throwing") {
                override suspend fun execute(history: ControllerHistory) = Unit

                override fun onFailure(history: ControllerHistory): ControllerDecision = error("undecided")
            }
        val flow = linear("flow", throwing) { task("a") { throw Broken("a") } }
        runTest {
            val report = WorkflowEngine().execute(flow).shouldBeInstanceOf<WorkflowOutcome.Failed>().report
            report.stoppedBy.mapValues { it.value.message } shouldBe mapOf("throwing" to "undecided")
            report.failures.mapValues { it.value.message } shouldBe mapOf("a" to "a")
        }
    }

    test("a controller that throws an error ends the run like one that throws an exception") {
        val throwing =
            object : RetryController<Unit>("throwing") {
                override suspend fun execute(history: ControllerHistory) = Unit

                override fun onFailure(history: ControllerHistory): ControllerDecision = throw Defect("throwing")
            }
        val flow = linear("flow", throwing) { task("a") { throw Broken("a") } }
        runTest {
            val report = WorkflowEngine().execute(flow).shouldBeInstanceOf<WorkflowOutcome.Failed>().report
            report.stoppedBy.getValue("throwing").shouldBeInstanceOf<Defect>()
        }
    }

    test("a decider that throws an error ends the run like one that throws an exception") {
        val flow = graph("flow") { link(task("a") { }, task("b") { }) { throw Defect("b") } }
        runTest {
            val report = WorkflowEngine().execute(flow).shouldBeInstanceOf<WorkflowOutcome.Failed>().report
            report.stoppedBy.getValue("b").shouldBeInstanceOf<Defect>()
        }
    }

    test("a suspended run keeps its remaining work and continues when it is run again, here or elsewhere") {
        val store = InMemoryWorkflowStore()
        val said = ArrayList<String>()
        val flow = linear("flow") { listOf("a", "b", "c").forEach { name -> task(name) { said += name } } }
        runTest {
            lateinit var run: WorkflowRun
            val suspending = WorkflowListener { if (it.toString() == "a SUCCESS") run.requestSuspension() }
            run = WorkflowEngine(store) { listener(suspending) }.open(flow, id = "run")
            run.executeOrThrow().shouldBeInstanceOf<WorkflowOutcome.Suspended>()
            said shouldContainExactly listOf("a")
            run.close()
            WorkflowEngine(store).executeOrThrow(flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Success>()
        }
        said shouldContainExactly listOf("a", "b", "c")
    }

    test("a run that is cancelled while it suspends can be run again and can be reset") {
        for (goOn in listOf<suspend WorkflowRun.() -> Unit>({ execute() }, { reset() })) {
            lateinit var run: WorkflowRun
            var calls = 0
            val flow =
                linear("flow") {
                    task("a") {
                        if (calls++ == 0) {
                            run.requestSuspension()
                            progress(0.5)
                            awaitCancellation()
                        }
                    }
                }
            runTest {
                run = WorkflowEngine().open(flow)
                val caller = launch { run.execute() }
                testScheduler.runCurrent()
                run.state shouldBe WorkflowState.SUSPENDING
                caller.cancel()
                caller.join()
                run.goOn()
                run.executeOrThrow().shouldBeInstanceOf<WorkflowOutcome.Success>()
            }
        }
    }

    test("progress that several coroutines of one task report at once is written in sequence") {
        for (parallelism in listOf(1, 2)) {
            var writers = 0
            var most = 0
            val store =
                Flushing(InMemoryWorkflowStore()) {
                    most = maxOf(most, ++writers)
                    yield()
                    writers--
                }
            val flow = linear("flow") { task("a") { coroutineScope { repeat(8) { launch { progress(it / 8.0) } } } } }
            runTest { WorkflowEngine(store) { this.parallelism = parallelism }.executeOrThrow(flow) }
            most shouldBe 1
        }
    }
})

/** Records what each flush makes durable. */
private class FlushLog(
    private val store: WorkflowStore,
    private val written: MutableList<String>,
) : WorkflowStore by store {
    override suspend fun open(
        run: String,
        isExecuted: Boolean,
    ): RunJournal {
        val journal = store.open(run, isExecuted)
        val saved = ArrayList<String>()
        return object : RunJournal by journal {
            override suspend fun save(state: WorkflowState) {
                saved += "flow $state"
                journal.save(state)
            }

            override suspend fun save(records: List<TaskRecord>) {
                records.mapTo(saved) { "${it.name} ${if (it.isEnded) "ended" else it.state}" }
                journal.save(records)
            }

            override suspend fun flush(isLast: Boolean) {
                if (saved.isNotEmpty()) written += saved.joinToString()
                saved.clear()
                journal.flush(isLast)
            }
        }
    }
}

/** Calls [flush] instead of each flush. */
private class Flushing(
    private val store: WorkflowStore,
    private val flush: suspend () -> Unit,
) : WorkflowStore by store {
    override suspend fun open(
        run: String,
        isExecuted: Boolean,
    ): RunJournal {
        val journal = store.open(run, isExecuted)
        return object : RunJournal by journal {
            override suspend fun flush(isLast: Boolean) = this@Flushing.flush()
        }
    }
}
