@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.console

import dev.reprise.console.model.Access
import dev.reprise.console.model.ConsoleAction
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.target
import dev.reprise.queue.operate.CallQuery
import dev.reprise.workflow.InMemoryWorkflowStore
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.handleWorkflow
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.OnEnd
import dev.reprise.workflow.workflowTarget
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldNotContain
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest

private val undone = workflowTarget("trip")
private val kept = workflowTarget("stay", onEnd = OnEnd.KEEP)
private val plain = target("charge")

private suspend fun InMemoryCallStore.callbacksOf(handler: String): List<String> {
    val call = operations.calls(CallQuery.ALL.handlers(handler), null, 1)
    return find(call.items.single().cid)!!.request.callbacks
}

/** What becomes of durable workflows is chosen where calls to them are cancelled or replayed. */
class WorkflowActsTest : FunSpec({
    fun browser(
        calls: InMemoryCallStore,
        access: Access = Access.Operate(),
    ) = TestBrowser(Console(calls) { access { access } })

    /** Two calls that wait, of either kind, and one that is none of a workflow. */
    suspend fun waiting(): InMemoryCallStore {
        val calls = InMemoryCallStore()
        val queue = RetryQueue.on(calls) { handle(plain) { it } }
        queue.enqueue(undone, Inputs.NONE)
        queue.enqueue(kept, Inputs.NONE)
        queue.enqueue(plain, "41233")
        return calls
    }

    test("a page lets choose what becomes of workflows only where calls to them would be cancelled") {
        val browser = browser(waiting())

        browser.get("/act", "action=cancel&handler=stay").text() shouldContain "<option value=\"undo\">undo what they did</option>"
        browser.get("/act", "action=cancel&handler=charge").text() shouldNotContain "name=\"onEnd\""
        val chosen = browser.get("/act", "action=cancel&handler=stay&onEnd=undo").text()
        chosen shouldContain "<option value=\"undo\" selected>"
        chosen shouldContain "cancel --console &#39;{console}&#39; --handler stay --on-end undo"
    }

    test("what was to stay is undone, and what was to be undone stays, if the one who cancels wants it so") {
        val calls = waiting()
        val browser = browser(calls)

        browser.post("/act", "action" to "cancel", "handler" to "stay", "onEnd" to "undo", "note" to "x").status shouldBe 303
        val keep = """{"action": "cancel", "filter": {"handler": "trip"}, "onEnd": "keep", "dryRun": false, "reason": "x"}"""
        browser.postJson("/api/v1/act", keep).text() shouldContain "\"changed\": 1"
        listOf("stay", "trip").map { calls.callbacksOf(it) } shouldContainExactly listOf(listOf("stay/undo"), emptyList())
        calls.operations
            .audit(null, 2)
            .items
            .map { it.action } shouldContainExactly listOf("cancel keep", "cancel undo")
    }

    test("who may cancel, but not undo, cannot undo by cancelling") {
        val calls = waiting()
        val browser = browser(calls, Access.Operate(setOf(ConsoleAction.CANCEL)))
        val fields = arrayOf("action" to "cancel", "handler" to "stay", "note" to "x")

        browser.get("/act", "action=cancel&handler=stay&onEnd=undo").status shouldBe 403
        browser.post("/act", *fields, "onEnd" to "undo").status shouldBe 403
        browser.postJson("/api/v1/act", """{"action": "cancel", "filter": {"handler": "stay"}, "onEnd": "undo"}""").status shouldBe 403
        browser.post("/act", *fields, "onEnd" to "perhaps").status shouldBe 400
        calls.operations.audit(null, 1).items shouldBe emptyList()
        browser.post("/act", *fields, "onEnd" to "keep").status shouldBe 303
    }

    test("a workflow that was rejected starts over if the one who replays it says so") {
        runTest {
            val calls = InMemoryCallStore { currentTime }
            val flow =
                linear("trip") {
                    task("flight") { } revert { error("closed") }
                    task("visa") { error("no visa") }
                }
            val queue =
                RetryQueue.on(calls) {
                    handleWorkflow(undone, flow, WorkflowEngine(InMemoryWorkflowStore()))
                    handle(plain) { error("refused") }
                }
            queue.start(backgroundScope)
            queue.enqueue(undone, Inputs.NONE).awaitEnd().deadReason shouldBe DeadReason.REJECTED
            queue.enqueue(plain, "41233") { policy("every(1s) maxAttempts(1)") }.awaitEnd().state shouldBe CallState.DEAD
            queue.shutdown()
            val browser = browser(calls)

            browser.get("/act", "action=replay&handler=charge&state=dead").text() shouldNotContain "name=\"reset\""
            val page = browser.get("/act", "action=replay&handler=trip&state=dead").text()
            page shouldContain "Skipped: 1 needs reset."
            page shouldContain "<option value=\"true\">start them over</option>"
            browser.postJson("/api/v1/act", """{"action": "replay", "filter": {"handler": "trip"}, "reset": "perhaps"}""").status shouldBe
                400
            browser.post("/act", "action" to "replay", "handler" to "trip", "reset" to "true", "note" to "looked at").status shouldBe 303
            calls.operations
                .audit(null, 1)
                .items
                .map { "${it.action}: ${it.changed}" } shouldContainExactly listOf("replay reset: 1")
        }
    }
})
