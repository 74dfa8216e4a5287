package dev.reprise.temporal

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.target
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.withContext
import java.io.IOException

private val charge = target("charge")

class CancelTest : FunSpec({
    test("a call that waits is cancelled without another attempt, and its callback is notified") {
        val outcome = CompletableDeferred<String>()
        hosted({
            handle(charge) { throw IOException("down") }
            callback("charged") { outcome.complete("${it.state} after ${it.attempts}") }
        }) {
            val handle =
                queue.enqueue(charge, "42 EUR") {
                    policy("every(1d) maxAttempts(9)")
                    callback("charged")
                }
            awaitCall(handle.cid) { it.state == CallState.READY && it.attempts == 1 }
            queue.cancel(handle.cid) shouldBe CancelResult.CANCELLED
            val end = handle.awaitEnd()
            listOf(end.state, end.attempts) shouldBe listOf(CallState.CANCELLED, 1)
            outcome.await() shouldBe "CANCELLED after 1"
            queue.cancel(handle.cid) shouldBe CancelResult.ENDED
            queue.cancel("no such call") shouldBe CancelResult.UNKNOWN
        }
    }

    test("the coroutine of a running handler is cancelled, and the attempt does not count") {
        val running = CompletableDeferred<Unit>()
        val cancelled = CompletableDeferred<String>()
        hosted({
            handle(charge) {
                running.complete(Unit)
                try {
                    awaitCancellation()
                } catch (e: CancellationException) {
                    cancelled.complete(e.message.orEmpty())
                    throw e
                }
            }
        }) {
            val handle = queue.enqueue(charge, "42 EUR")
            running.await()
            queue.cancel(handle.cid) shouldBe CancelResult.REQUESTED
            val end = handle.awaitEnd()
            cancelled.await() shouldBe "the attempt is cancelled: REQUESTED"
            listOf(end.state, end.attempts) shouldBe listOf(CallState.CANCELLED, 0)
        }
    }

    test("a handler that returns in spite of its cancellation has returned") {
        val running = CompletableDeferred<Unit>()
        hosted({
            handle(charge) {
                running.complete(Unit)
                try {
                    awaitCancellation()
                } catch (e: CancellationException) {
                    withContext(NonCancellable) { "charged nevertheless" }
                }
            }
        }) {
            val handle = queue.enqueue(charge, "42 EUR")
            running.await()
            queue.cancel(handle.cid)
            handle.await() shouldBe "charged nevertheless"
        }
    }

    test("a workflow that a person cancels or terminates in Temporal is a cancelled call") {
        hosted({ handle(charge) { throw IOException("down") } }) {
            val handles = List(2) { queue.enqueue(charge, "$it") { policy("every(1d) maxAttempts(9)") } }
            handles.forEach { handle -> awaitCall(handle.cid) { it.attempts == 1 && it.state == CallState.READY } }
            server.workflowClient.newUntypedWorkflowStub(handles[0].cid).cancel()
            server.workflowClient.newUntypedWorkflowStub(handles[1].cid).terminate("a person did it")
            handles.map { it.awaitEnd().state } shouldBe List(2) { CallState.CANCELLED }
            queue.find(handles[1].cid)!!.run { endedAt!! >= enqueuedAt } shouldBe true
        }
    }
})
