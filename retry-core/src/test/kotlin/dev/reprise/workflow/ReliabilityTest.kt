package dev.reprise.workflow

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.maps.shouldContainKey
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withTimeout
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration.Companion.seconds

private object Numbers : ResultCodec {
    var isBroken = false

    override fun encode(value: Any?) = if (value is Number) value.toString() else throw Broken("only numbers, not $value")

    override fun decode(text: String): Any = if (isBroken) throw Broken("no longer a number: $text") else text.toInt()
}

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
                val caller = launch { WorkflowEngine(store, parallelism).run(flow, id = "run") }
                started.await()
                caller.cancel()
                caller.join()
                val run = WorkflowEngine(store, parallelism).prepare(flow, id = "run")
                run.records.map { it.state } shouldContainExactly listOf(AtomState.SUCCESS, AtomState.RUNNING, AtomState.PENDING)
                run.run().shouldBeInstanceOf<WorkflowOutcome.Success>()
            }
            said shouldContainExactly listOf("a", "b", "b", "c")
        }
    }

    test("a cancellation that is not the caller's is a failure of the task") {
        val flow = linear("flow") { task("a") { withTimeout(1.seconds) { awaitCancellation() } } }
        runTest {
            val outcome = WorkflowEngine().outcome(flow).shouldBeInstanceOf<WorkflowOutcome.Reverted>()
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
            val outcome = WorkflowEngine().outcome(flow).shouldBeInstanceOf<WorkflowOutcome.Failed>()
            outcome.report.failures.getValue("c") shouldBeSameInstanceAs broken
            outcome.report.revertFailures shouldContainKey "b"
            outcome.report.notReverted shouldContainExactly listOf("a")
            val thrown = shouldThrow<WorkflowReport> { WorkflowEngine().run(flow) }
            thrown.suppressed.map { it.message } shouldContainExactly listOf("undo b", "b")
        }
    }

    test("W5, in memory: of two engines with one run, the second is told") {
        val store = InMemoryWorkflowStore()
        val flow = linear("flow") { task("a") { } }
        runTest {
            val run = WorkflowEngine(store).prepare(flow, id = "run")
            shouldThrow<RunTakenException> { WorkflowEngine(store).prepare(flow, id = "run") }.run shouldBe "run"
            run.close()
            WorkflowEngine(store).run(flow, id = "run")
        }
    }

    test("W6: a stored result that no longer decodes names the task, and nothing is lost") {
        Numbers.isBroken = false
        val store = InMemoryWorkflowStore(Numbers)
        val flow =
            linear("flow") {
                val one = task("one") { 1 }
                task("two", requires = one) { it + 1 }
            }
        runTest {
            WorkflowEngine(store, listeners = emptyList()).run(flow, id = "run")
            Numbers.isBroken = true
            shouldThrow<UnreadableResultException> { WorkflowEngine(store).prepare(flow, id = "run") }
            Numbers.isBroken = false
            val run = WorkflowEngine(store).prepare(flow, id = "run")
            run.records.map { it.result } shouldContainExactly listOf(1, 2)
        }
    }

    test("a result that the store cannot keep is a failure of its task, which is undone") {
        Numbers.isBroken = false
        val flow =
            linear("flow") {
                task("fine") { 1 }
                task("text") { "text" }
            }
        runTest {
            val outcome = WorkflowEngine(InMemoryWorkflowStore(Numbers)).outcome(flow).shouldBeInstanceOf<WorkflowOutcome.Reverted>()
            outcome.report.failures
                .getValue("text")
                .shouldBeInstanceOf<UnstorableResultException>()
                .atom shouldBe "text"
        }
    }

    test("a controller that throws ends the run, names itself, and nothing is lost") {
        val throwing =
            object : RetryController<Unit>("throwing") {
                override suspend fun execute(history: History) = Unit

                override fun onFailure(history: History): Resolution = error("undecided")
            }
        val flow = linear("flow", throwing) { task("a") { throw Broken("a") } }
        runTest {
            val report = WorkflowEngine().outcome(flow).shouldBeInstanceOf<WorkflowOutcome.Failed>().report
            report.stoppedBy.mapValues { it.value.message } shouldBe mapOf("throwing" to "undecided")
            report.failures.mapValues { it.value.message } shouldBe mapOf("a" to "a")
        }
    }

    test("suspended, a run rests with its work left; run again it goes on, here and elsewhere") {
        val store = InMemoryWorkflowStore()
        val said = ArrayList<String>()
        val flow = linear("flow") { listOf("a", "b", "c").forEach { name -> task(name) { said += name } } }
        runTest {
            lateinit var run: WorkflowRun
            val suspending = WorkflowListener { if (it.toString() == "a SUCCESS") run.requestSuspension() }
            run = WorkflowEngine(store, listeners = listOf(suspending)).prepare(flow, id = "run")
            run.run().shouldBeInstanceOf<WorkflowOutcome.Suspended>()
            said shouldContainExactly listOf("a")
            run.close()
            WorkflowEngine(store).run(flow, id = "run").shouldBeInstanceOf<WorkflowOutcome.Success>()
        }
        said shouldContainExactly listOf("a", "b", "c")
    }
})
