package dev.reprise.temporal

import dev.reprise.queue.model.CallHandle
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.Diagnosis.Reason
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.model.target
import dev.reprise.temporal.internal.Executions
import dev.reprise.temporal.internal.toRecord
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CompletableDeferred
import java.io.IOException
import java.util.Collections
import java.util.concurrent.atomic.AtomicBoolean

private val charge = target("charge")
private const val CALLS = 1_000

private val log: MutableList<String> = Collections.synchronizedList(ArrayList())

private suspend fun Host.enqueue(
    request: String,
    onDead: OnDeadPredecessor = OnDeadPredecessor.BLOCK,
): CallHandle<String> =
    queue.enqueue(charge, request) {
        orderKey = "customer/7"
        onDeadPredecessor = onDead
        policy("every(10ms) maxAttempts(3)")
    }

// Where a dead call blocks its order nothing is due: a server that skips time would skip to the timeout of the workflows.
class OrderTest : FunSpec({
    beforeTest { log.clear() }

    test("$CALLS calls of one order key run one after the other in the sequence of their acceptance, also those that fail first") {
        hosted({
            handle(charge) { request ->
                log += "$request begins"
                if (request.toInt() % 50 == 0 && attempt == 1) throw IOException("down")
                log += "$request ends"
                request
            }
            lane("default") { concurrency = 20 }
        }) {
            val handles = (1..CALLS).map { enqueue("$it") }
            handles.last().await() shouldBe "$CALLS"
            log shouldContainExactly
                (1..CALLS).flatMap { n ->
                    listOf("$n begins") + (if (n % 50 == 0) listOf("$n begins") else emptyList()) + listOf("$n ends")
                }
        }
    }

    test("a dead call blocks its order until it is replayed, and why says so") {
        val isDown = AtomicBoolean(true)
        hosted({
            handle(charge) { request ->
                if (request == "first" && isDown.get()) throw IOException("down")
                log += request
                request
            }
        }, skipsTime = false) {
            val first = enqueue("first")
            val second = enqueue("second")
            first.awaitEnd().state shouldBe CallState.DEAD
            queue.find(second.cid)!!.state shouldBe CallState.HELD
            queue.why(second.cid).reason shouldBe Reason.BLOCKED
            isDown.set(false)
            queue.replay(first.cid) shouldBe ReplayResult.REPLAYED
            second.await() shouldBe "second"
            log shouldContainExactly listOf("first", "second")
        }
    }

    test("a dead call that is unblocked, or was enqueued to be skipped, lets the next one run, and its replay comes last") {
        val isDown = AtomicBoolean(true)
        val mayEnd = CompletableDeferred<Unit>()
        hosted({
            handle(charge) { request ->
                if (request.startsWith("bad") && isDown.get()) throw IOException("down")
                log += request
                if (request == "third") mayEnd.await()
                request
            }
        }, skipsTime = false) {
            val blocking = enqueue("bad")
            val skipped = enqueue("bad too", OnDeadPredecessor.SKIP)
            val third = enqueue("third")
            blocking.awaitEnd().state shouldBe CallState.DEAD
            queue.unblock(blocking.cid) shouldBe true
            queue.unblock(third.cid) shouldBe false
            skipped.awaitEnd().state shouldBe CallState.DEAD
            awaitCall(third.cid) { it.state == CallState.RUNNING }
            isDown.set(false)
            queue.replay(blocking.cid)
            mayEnd.complete(Unit)
            blocking.await() shouldBe "bad"
            log shouldContainExactly listOf("third", "bad")
        }
    }

    test("a call that is cancelled behind another one leaves the line") {
        val mayEnd = CompletableDeferred<Unit>()
        hosted({
            handle(charge) { request ->
                if (request == "first") mayEnd.await()
                log += request
                request
            }
        }) {
            val (first, second, third) = listOf("first", "second", "third").map { enqueue(it) }
            awaitCall(first.cid) { it.state == CallState.RUNNING }
            queue.why(third.cid).reason shouldBe Reason.BEHIND
            queue.cancel(second.cid)
            second.awaitEnd().state shouldBe CallState.CANCELLED
            mayEnd.complete(Unit)
            third.await() shouldBe "third"
            log shouldContainExactly listOf("first", "third")
        }
    }

    test("a call whose enqueuer dies before it got in line does so by itself, and a head that a person terminates lets the next one run")
        // The order looks after the head within an hour.
        .config(enabled = Host.ADDRESS == null) {
            hosted({ handle(charge) { request -> if (request == "endless") throw IOException("down") else request } }) {
                val head =
                    queue.enqueue(charge, "endless") {
                        orderKey = "customer/7"
                        policy("every(30d) maxAttempts(9)")
                    }
                awaitCall(head.cid) { it.attempts == 1 && it.state == CallState.READY }
                val lost = queue.hosted.create(charge, "lost", now.toEpochMilli()) { orderKey = "customer/7" }
                Executions(server.workflowClient, "calls").start(lost.toRecord())
                server.workflowClient.newUntypedWorkflowStub(head.cid).terminate("a person did it")
                queue.awaitEnd(lost.cid).text shouldBe "lost"
            }
        }
})
