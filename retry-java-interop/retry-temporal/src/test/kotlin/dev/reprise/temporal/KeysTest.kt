package dev.reprise.temporal

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.model.target
import dev.reprise.temporal.internal.Executions
import dev.reprise.temporal.internal.toRecord
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.coroutineScope
import java.io.IOException
import java.util.Collections
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration.Companion.seconds

private val charge = target("charge")
private val receipt = target("receipt")

class KeysTest : FunSpec({
    test("while a call has not ended, its unique key gives its handle, and then the key is free") {
        val mayEnd = CompletableDeferred<Unit>()
        hosted({
            handle(charge) { request ->
                mayEnd.await()
                request
            }
        }) {
            val handles = coroutineScope { List(8) { n -> async { queue.enqueue(charge, "$n") { uniqueKey = "order/42" } } }.awaitAll() }
            handles.count { it.isNew } shouldBe 1
            handles.map { it.cid }.distinct().size shouldBe 1
            queue.findUnique("order/42")!!.cid shouldBe handles[0].cid
            queue.findUnique("order/43") shouldBe null
            mayEnd.complete(Unit)
            handles[0].await()
            val next = queue.enqueue(charge, "next") { uniqueKey = "order/42" }
            next.isNew shouldBe true
            next.await() shouldBe "next"
            queue.find(handles[0].cid)!!.state shouldBe CallState.SUCCEEDED
        }
    }

    test("a dead call frees its key, and can be replayed only while no other call has it") {
        val isDown = AtomicBoolean(true)
        val mayEnd = CompletableDeferred<Unit>()
        hosted({
            handle(charge) { request ->
                if (isDown.get()) throw IOException("down")
                mayEnd.await()
                request
            }
        }) {
            val dead =
                queue.enqueue(charge, "first") {
                    uniqueKey = "order/42"
                    policy("every(1m) maxAttempts(1)")
                }
            dead.awaitEnd()
            isDown.set(false)
            val second = queue.enqueue(charge, "second") { uniqueKey = "order/42" }
            second.isNew shouldBe true
            queue.replay(dead.cid) shouldBe ReplayResult.KEY_TAKEN
            mayEnd.complete(Unit)
            second.await() shouldBe "second"
            queue.replay(dead.cid) shouldBe ReplayResult.REPLAYED
            dead.await() shouldBe "first"
        }
    }

    test("what a handler enqueues once is enqueued once, also if the handler is attempted again after it has ended") {
        val receipts = Collections.synchronizedList(ArrayList<String>())
        hosted({
            handle(receipt) { request ->
                receipts += "$request for ${call.source} ${call.origCid != null}"
                request
            }
            handle(charge) { request ->
                val child = enqueueOnce("receipt", receipt, "receipt of $request")
                child.await()
                if (attempt < 3) throw IOException("down")
                "done, new: ${child.isNew}"
            }
            policy { every(1.seconds).maxAttempts(5) }
        }) {
            queue.enqueue(charge, "42 EUR").await() shouldBe "done, new: false"
            receipts shouldContainExactly listOf("receipt of 42 EUR for charge true")
        }
    }

    test("a call whose enqueuer dies after taking the key is started by the workflow that holds the key") {
        hosted({ handle(charge) { request -> "charged $request" } }) {
            val call = queue.hosted.create(charge, "42 EUR", now.toEpochMilli()) { uniqueKey = "order/42" }
            Executions(server.workflowClient, "calls").hold(call.toRecord()) shouldBe call.cid
            awaitCall(call.cid) { it.state == CallState.SUCCEEDED }.text shouldBe "charged 42 EUR"
        }
    }
})
