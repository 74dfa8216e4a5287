package dev.reprise.temporal

import dev.reprise.queue.model.CallHandle
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.model.target
import dev.reprise.temporal.internal.DeadCalls
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.annotation.EnabledIf
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.temporal.client.WorkflowFailedException
import io.temporal.failure.ApplicationFailure
import kotlinx.coroutines.flow.toList
import java.io.IOException
import java.util.Collections
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration.Companion.minutes

private val charge = target("charge")

@EnabledIf(InVirtualTime::class)
class DeadCallsTest : FunSpec({
    test("a dead call is a failed workflow, and its replay a new run of the same id with a fresh policy and the old failures") {
        val isDown = AtomicBoolean(true)
        hosted({ handle(charge) { if (isDown.get()) throw IOException("down") else "done at attempt $attempt" } }) {
            val handle = queue.enqueue(charge, "42 EUR") { policy("every(1m) maxAttempts(3)") }
            handle.awaitEnd().state shouldBe CallState.DEAD
            failureOf(handle).run {
                type shouldBe "reprise.Dead"
                originalMessage shouldBe "the call died (EXHAUSTED): java.io.IOException: down"
            }
            isDown.set(false)
            queue.replay(handle.cid) shouldBe ReplayResult.REPLAYED
            handle.await() shouldBe "done at attempt 1"
            val call = queue.find(handle.cid)!!
            listOf(call.state, call.attempts, call.failures) shouldBe listOf(CallState.SUCCEEDED, 4, 3)
            queue.errors(handle.cid).map { it.attempt } shouldContainExactly listOf(1, 2, 3)
            queue.replay(handle.cid) shouldBe ReplayResult.NOT_DEAD
            queue.replay("no such call") shouldBe ReplayResult.NOT_DEAD
        }
    }

    test("dead calls are listed and replayed by a filter; a dry run changes nothing") {
        val isDown = AtomicBoolean(true)
        hosted({ handle(charge) { request -> if (isDown.get() && request != "fine") throw IOException("down") else request } }) {
            val handles = listOf("a", "fine", "b", "c").map { queue.enqueue(charge, it) { policy("every(1m) maxAttempts(2)") } }
            handles.forEach { it.awaitEnd() }
            queue.deadCalls().map { it.request.bytes.decodeToString() } shouldContainExactly listOf("a", "b", "c")
            queue.deadCalls(limit = 1).map { it.request.bytes.decodeToString() } shouldContainExactly listOf("a")
            shouldThrow<IllegalArgumentException> { queue.deadCalls(limit = 0) }.message shouldBe "limit must be positive, but was 0"
            isDown.set(false)
            queue.replay(dryRun = true) { it.cid == handles[2].cid } shouldBe mapOf(handles[2].cid to ReplayResult.REPLAYED)
            queue.find(handles[2].cid)!!.state shouldBe CallState.DEAD
            queue.replay { it.cid != handles[0].cid } shouldBe listOf(2, 3).associate { handles[it].cid to ReplayResult.REPLAYED }
            handles.drop(1).map { it.await() } shouldContainExactly listOf("fine", "b", "c")
            queue.deadCalls().map { it.cid } shouldContainExactly listOf(handles[0].cid)
        }
    }

    test("dead calls are read in batches, each id once, however often its call has died") {
        hosted({ handle(charge) { throw IOException("down") } }) {
            val handles = List(5) { queue.enqueue(charge, "$it") { policy("every(1m) maxAttempts(1)") } }
            handles.forEach { it.awaitEnd() }
            queue.replay(handles[1].cid)
            handles[1].awaitEnd()
            for (batchSize in listOf(1, 2, 5, 100)) {
                DeadCalls(server.workflowClient, batchSize).cids().toList() shouldContainExactly handles.map { it.cid }
            }
        }
    }

    test("a callback is called once for each end, with the outcome as JSON") {
        val isDown = AtomicBoolean(true)
        val outcomes = Collections.synchronizedList(ArrayList<String>())
        hosted({
            handle(charge) { if (isDown.get()) throw IOException("down") else "done" }
            callback("charged") { outcomes += "${call.cid.substringAfter("/")}: ${it.state} ${it.response} ${it.context} ${it.errors}" }
            callback("logged") { outcomes += "${call.origCid == it.callCid} ${call.source}" }
            policy { every(1.minutes).maxAttempts(2) }
        }) {
            val handle =
                queue.enqueue(charge, "42 EUR") {
                    callback("charged")
                    callback("logged")
                    context = "order 7"
                }
            handle.awaitEnd()
            listOf("charged", "logged").forEach { queue.awaitEnd("${handle.cid}/cb/$it") }
            isDown.set(false)
            queue.replay(handle.cid)
            handle.await() shouldBe "done"
            listOf("charged", "logged").forEach { queue.awaitEnd("${handle.cid}/cb/$it/2") }
            outcomes.sorted() shouldContainExactly
                listOf(
                    "cb/charged/2: SUCCEEDED done order 7 [java.io.IOException: down, java.io.IOException: down]",
                    "cb/charged: DEAD(EXHAUSTED) null order 7 [java.io.IOException: down, java.io.IOException: down]",
                    "true charge",
                    "true charge",
                )
        }
    }
})

private fun Host.failureOf(handle: CallHandle<*>): ApplicationFailure =
    try {
        error("it ended with " + server.workflowClient.newUntypedWorkflowStub(handle.cid).getResult(String::class.java))
    } catch (e: WorkflowFailedException) {
        e.cause as ApplicationFailure
    }
