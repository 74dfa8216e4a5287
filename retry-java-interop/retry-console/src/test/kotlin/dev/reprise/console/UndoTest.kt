@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.console

import dev.reprise.console.model.Access
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.operate.CallQuery
import dev.reprise.workflow.InMemoryWorkflowStore
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.handleWorkflow
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.OnEnd
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.workflowTarget
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest

private val trip = workflowTarget("trip", onEnd = OnEnd.KEEP)

/** What an operator does to the run of a durable workflow. */
class UndoTest : FunSpec({
    test("a run that was left as it was is undone by a worker, and the audit says who wanted it") {
        runTest {
            val (said, isWaiting) = ArrayList<String>() to CompletableDeferred<Unit>()
            val flow =
                linear("trip") {
                    task("flight") { said += "booked" } revert { said += "cancelled" }
                    task("visa") {
                        isWaiting.complete(Unit)
                        awaitCancellation()
                    }
                }
            val (calls, runs) = InMemoryCallStore { currentTime } to InMemoryWorkflowStore()
            val queue = RetryQueue.on(calls) { handleWorkflow(trip, flow, WorkflowEngine(runs)) }
            queue.start(backgroundScope)
            val call = queue.enqueue(trip, Inputs.NONE)
            val browser =
                TestBrowser(
                    Console(calls) {
                        workflows(runs)
                        access { Access.Operate() }
                    },
                )

            isWaiting.await()
            browser.get("/runs/${call.cid}").text() shouldNotContain "Undo…"
            queue.cancel(call.cid)
            call.awaitEnd()
            browser.get("/runs/${call.cid}").text() shouldContain "Undo…"
            browser.get("/runs/${call.cid}/act", "action=undo").text() shouldContain "1 task would be reverted."
            browser.post("/runs/${call.cid}/act", "action" to "undo", "note" to "the customer withdrew").status shouldBe 303

            val undo =
                calls.operations
                    .calls(CallQuery.ALL.handlers("trip/undo"), null, 1)
                    .items
                    .single()
            queue.awaitEnd(undo.cid)
            said shouldContainExactly listOf("booked", "cancelled")
            runs.read(call.cid)!!.summary.state shouldBe WorkflowState.REVERTED
            browser.get("/audit").text() shouldContain "the customer withdrew"
            queue.shutdown()
        }
    }

    test("a run is removed for a reason, and the audit says by whom") {
        val showcase = Showcase()
        val browser = TestBrowser(consoleOf(showcase))
        val path = "/runs/trip%2041006/act"
        browser.get(path, "action=remove").text() shouldContain "Reason, for the audit"

        browser.post(path, "action" to "remove").status shouldBe 400
        showcase.workflows
            .read("trip 41006")!!
            .summary.state shouldBe WorkflowState.SUCCESS
        browser.post(path, "action" to "remove", "note" to "the trip was a test").status shouldBe 303
        showcase.workflows.read("trip 41006") shouldBe null
        val audit = browser.get("/audit").text()
        listOf("run trip 41006", "the trip was a test", "1 of 1").forEach { audit shouldContain it }
    }
})
