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
})
