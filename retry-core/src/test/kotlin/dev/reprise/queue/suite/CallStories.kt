package dev.reprise.queue.suite

import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.Diagnosis
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.Payload
import dev.reprise.queue.model.UnknownCallException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldBeSorted
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldMatch
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.future.await
import kotlin.time.Duration.Companion.hours

/** A call from its acceptance to its end. */
internal val callStories =
    stories {
        story("a call returns what its handler returned") {
            val handle = queue.enqueue(charge, "42 EUR")
            handle.isNew shouldBe true
            handle.await() shouldBe "paid 42 EUR"
            queue.find(handle.cid)!!.run { "$state $attempts $failures $errorType" } shouldBe "SUCCEEDED 1 0 null"
        }

        story("a call is found by its id as soon as it is accepted, with what was set and the default of all else") {
            val cid = queue.enqueue(charge, "42") { delay = 1.hours }.cid
            val call = queue.find(cid)!!
            call.run { listOf(handler, state, request) } shouldContainExactly
                listOf("charge", CallState.READY, Payload("42".toByteArray(), "text"))
            call.run { "$attempts $priority $policy" } shouldBe "0 ${Call.DEFAULT_PRIORITY} every(10ms) maxAttempts(3)"
            call.run { listOfNotNull(orderKey, uniqueKey, context, source, origCid, title, deadline, endedAt, response) }.shouldBeEmpty()
            call.run { callbacks + tags + headers.keys }.shouldBeEmpty()
            queue.errors(cid).shouldBeEmpty()
            queue.cancel(cid)
        }

        story("an id has 32 letters and digits, and sorts behind earlier ones") {
            val cids = List(20) { queue.enqueue(charge, "$it").cid }
            cids.forEach { it shouldMatch Regex("[0-9A-Za-z]{32}") }
            cids.shouldBeSorted()
        }

        story("calls that are accepted together have their handles in the sequence of their requests") {
            val handles = queue.enqueueAll(charge, listOf("a", "b", "c")) { title = "invoice $it" }
            handles.map { it.await() } shouldContainExactly listOf("paid a", "paid b", "paid c")
            handles.map { queue.find(it.cid)!!.title } shouldContainExactly listOf("invoice a", "invoice b", "invoice c")
        }

        story("no requests make no calls, and of requests with an invalid one none is accepted") {
            queue.enqueueAll(charge, emptyList()).shouldBeEmpty()
            shouldThrow<InvalidCallException> { queue.enqueueAll(charge, listOf("5", "99")) { priority = it.toInt() } }
            queue.counts().shouldBeEmpty()
        }

        story("a result is awaited by any number of callers, as a value, as a future and as the call") {
            val handle = queue.enqueue(charge, "42")
            coroutineScope {
                val values = List(3) { async { handle.await() } }
                handle.resultAsync().await() shouldBe "paid 42"
                handle.endAsync().await().state shouldBe CallState.SUCCEEDED
                queue.awaitEnd(handle.cid).response shouldBe Payload("paid 42".toByteArray(), "text")
                values.map { it.await() }.toSet() shouldBe setOf("paid 42")
            }
        }

        story("a wait that is cancelled does not cancel the call", { world ->
            handle(charge) { "paid $it".also { world.gate.await() } }
        }) {
            val handle = queue.enqueue(charge, "42")
            coroutineScope {
                val wait = async(start = CoroutineStart.UNDISPATCHED) { handle.await() }
                val future = handle.resultAsync()
                wait.cancel()
                future.cancel(true)
            }
            gate.complete(Unit)
            handle.await() shouldBe "paid 42"
        }

        story("a call that does not exist is unknown to all that is queried and done by its id") {
            queue.find("nonsense").shouldBeNull()
            queue.findUnique("nonsense").shouldBeNull()
            queue.errors("nonsense").shouldBeEmpty()
            queue.why("nonsense").reason shouldBe Diagnosis.Reason.UNKNOWN
            queue.cancel("nonsense") shouldBe CancelResult.UNKNOWN
            shouldThrow<UnknownCallException> { queue.awaitEnd("nonsense") }.cid shouldBe "nonsense"
        }

        story("calls are counted by handler and state", { world ->
            handle(charge) { if (it == "bad") reject("bad") else "paid" }
            handle(refund) { "refunded".also { world.gate.await() } }
        }) {
            queue.enqueueAll(charge, listOf("1", "bad", "2")).forEach { it.awaitEnd() }
            val later = queue.enqueue(charge, "3") { delay = 1.hours }
            val running = queue.enqueue(refund, "4")
            until { queue.find(running.cid)!!.state == CallState.RUNNING }
            val expected =
                mapOf("charge SUCCEEDED" to 2L, "charge DEAD" to 1L, "charge READY" to 1L, "refund RUNNING" to 1L)
            until { queue.counts().sumOf(CallCount::calls) == 5L }
            queue.counts().map { "${it.handler} ${it.state}" to it.calls } shouldContainExactlyInAnyOrder expected.toList()
            queue.cancel(later.cid)
            gate.complete(Unit)
        }

        story("why says where a call is", { world ->
            handle(charge) {
                if (it == "bad") reject("bad")
                if (it == "slow") world.gate.await()
                "paid"
            }
        }) {
            suspend fun why(cid: String) = queue.why(cid).reason
            val slow = queue.enqueue(charge, "slow") { orderKey = "k" }
            val behind = queue.enqueue(charge, "42") { orderKey = "k" }
            until { why(slow.cid) == Diagnosis.Reason.RUNNING }
            why(behind.cid) shouldBe Diagnosis.Reason.BEHIND
            val bad = queue.enqueue(charge, "bad") { orderKey = "l" }.also { it.awaitEnd() }
            why(bad.cid) shouldBe Diagnosis.Reason.ENDED
            val blocked = queue.enqueue(charge, "42") { orderKey = "l" }
            why(blocked.cid) shouldBe Diagnosis.Reason.BLOCKED
            val later = queue.enqueue(charge, "42") { delay = 1.hours }
            why(later.cid) shouldBe Diagnosis.Reason.NOT_DUE
            listOf(later, blocked).forEach { it.cancel() }
            gate.complete(Unit)
            behind.await()
        }
    }
