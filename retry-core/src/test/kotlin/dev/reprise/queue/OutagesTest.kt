@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.RetryPolicies
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadlinePassedException
import dev.reprise.queue.model.Diagnosis
import dev.reprise.queue.model.InvokeResult
import dev.reprise.queue.model.ResultNotStoredException
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.CallCounters
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withTimeoutOrNull
import java.io.IOException
import java.time.Instant
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** A store that rejects the response "poison". */
private class Picky(
    private val real: CallStore,
) : CallStore by real {
    override suspend fun settle(batch: List<Settlement>): List<SettleResult> {
        check(batch.none { it.response?.bytes?.decodeToString() == "poison" }) { "no place for poison" }
        return real.settle(batch)
    }
}

class OutagesTest : FunSpec({
    test("a caller that is cancelled while the store is away returns immediately, and the result of its attempt is kept") {
        runTest {
            val store = FaultyStore(memory())
            var attempts = 0
            val queue =
                RetryQueue.on(store) {
                    handle(charge) {
                        attempts++
                        "paid"
                    }
                }
            queue.start(backgroundScope)
            store.before = { if (it == "settle" && currentTime < 30_000) away() }
            withTimeoutOrNull(2.seconds) { queue.invokeOrDefer(charge, "a", persistFirst = true) } shouldBe null
            currentTime shouldBe 2_000
            while (queue.counts().none { it.state == CallState.SUCCEEDED }) delay(1.seconds)
            attempts shouldBe 1
        }
    }

    val told = ArrayList<String>()

    test("an outage of any length ends no call; what was done during it is settled afterwards") {
        runTest {
            val store = FaultyStore(memory())
            val queue =
                RetryQueue.on(store) {
                    handle(charge) {
                        delay(10.seconds)
                        "paid"
                    }
                }
            queue.start(backgroundScope)
            val handle = queue.enqueue(charge, "42")
            val waiting = queue.enqueue(charge, "43") { this.delay = 1.minutes }
            delay(5.seconds)
            store.before = { away() }
            delay(2.hours)
            with(queue.health()) {
                isRunning shouldBe true
                (storeDownFor!! > 1.hours) shouldBe true
            }
            store.before = {}
            handle.awaitEnd().counters shouldBe CallCounters(claims = 1, attempts = 1)
            waiting.await() shouldBe "paid"
            queue.health().storeDownFor.shouldBeNull()
        }
    }

    test("a store that fails every other time only slows the queue down") {
        runTest {
            val store = FaultyStore(memory())
            var asked = 0
            val queue = RetryQueue.on(store) { handle(charge) { if (attempt == 1) throw IOException("down") else "paid" } }
            queue.start(backgroundScope)
            val handles = queue.enqueueAll(charge, List(50) { "$it" })
            store.before = { if (asked++ % 2 == 0 && it != "find") away() }
            store.after = { if (asked++ % 5 == 0 && it != "find") away() }
            handles.forEach { it.await() shouldBe "paid" }
            for (handle in handles) queue.find(handle.cid)!!.counters.crashes shouldBe 0
        }
    }

    test("a store that is read-only for an hour turns no success into a failure") {
        runTest {
            val store = FaultyStore(memory())
            val reads = setOf("open", "find", "errors", "counts", "status", "claimedBy", "deadCalls")
            val queue =
                RetryQueue.on(store) {
                    handle(charge) {
                        store.before = { if (it !in reads) away() }
                        "paid"
                    }
                }
            queue.start(backgroundScope)
            val handle = queue.enqueue(charge, "42")
            delay(1.hours)
            store.before = {}
            handle.await() shouldBe "paid"
            queue.find(handle.cid)!!.counters shouldBe CallCounters(claims = 1, attempts = 1)
        }
    }

    test("a claim whose response is lost does not hold its calls indefinitely") {
        runTest {
            val store = FaultyStore(memory())
            var lost = 0
            store.after = { if (it == "claim" && lost++ == 0) away() }
            val queue = RetryQueue.on(store) { handle(charge) { "paid" } }
            val handle = queue.enqueue(charge, "42")
            queue.start(backgroundScope)
            handle.await() shouldBe "paid"
            (currentTime < 10_000) shouldBe true
            queue.find(handle.cid)!!.counters shouldBe CallCounters(claims = 2, attempts = 1)
        }
    }

    test("a settlement whose response is lost counts once") {
        runTest {
            val store = FaultyStore(memory())
            val told = ArrayList<String>()
            var lost = 0
            store.after = { if (it == "settle" && lost++ == 0) away() }
            val queue =
                RetryQueue.on(store) {
                    handle(charge) { "paid" }
                    callback("charged") { told += it.callCid }
                }
            queue.start(backgroundScope)
            val handle = queue.enqueue(charge, "42") { callback("charged") }
            handle.await() shouldBe "paid"
            delay(1.hours)
            told shouldContainExactly listOf(handle.cid)
            queue.find(handle.cid)!!.counters.attempts shouldBe 1
        }
    }

    test("one call that the store rejects does not keep the others of its batch from ending") {
        runTest {
            val memory = memory()
            val store =
                object : CallStore by memory {
                    override suspend fun settle(batch: List<Settlement>): List<SettleResult> {
                        if (batch.any { it.response?.bytes?.decodeToString() == "poison" }) error("no place for poison")
                        return memory.settle(batch)
                    }
                }
            val queue = RetryQueue.on(store) { handle(charge) { it } }
            queue.start(backgroundScope)
            val handles =
                queue.enqueueAll(charge, listOf("a", "poison", "b")) {
                    policy {
                        every(1.seconds)
                        maxAttempts(2)
                    }
                }
            handles[0].await() shouldBe "a"
            handles[2].await() shouldBe "b"
            handles[1].awaitEnd().run { state to attempts } shouldBe (CallState.SUCCEEDED to 1)
            queue.errors(handles[1].cid).last().message shouldBe "the store rejected the result of the call"
        }
    }

    test("calls whose handler is unknown to this worker wait and are reported") {
        runTest {
            val store = memory()
            val old = RetryQueue.on(store) { handle(charge) { "paid" } }
            old.start(backgroundScope)
            val handle = old.enqueue(target("new"), "42")
            old.enqueue(charge, "42").await() shouldBe "paid"
            delay(1.hours)
            old.find(handle.cid)!!.counters.claims shouldBe 0
            old.why(handle.cid).reason shouldBe Diagnosis.Reason.NO_HANDLER
            RetryQueue.on(store) { handle(target("new")) { "done" } }.start(backgroundScope)
            handle.await() shouldBe "done"
        }
    }

    test("a call whose result the store rejects succeeds without it, and its callback is notified") {
        runTest {
            val memory = memory()
            val queue =
                RetryQueue.on(Picky(memory)) {
                    handle(charge) { it }
                    callback("charged") { outcome -> told += outcome.state }
                }
            queue.start(backgroundScope)
            val handle =
                queue.enqueue(charge, "poison") {
                    policy(RetryPolicies.zato(1, seconds = 1))
                    callback("charged")
                }
            shouldThrow<ResultNotStoredException> { handle.await() }
            delay(1.seconds)
            told shouldContainExactly listOf("SUCCEEDED")
            queue.health().inFlight shouldBe 0
        }
    }

    test("a first attempt whose end the store rejects is not reported as completed") {
        runTest {
            val queue = RetryQueue.on(Picky(memory())) { handle(charge) { it } }
            queue.start(backgroundScope)
            queue.invokeOrDefer(charge, "poison", persistFirst = true).shouldBeInstanceOf<InvokeResult.Deferred>()
        }
    }

    test("a rejection is not an outage") {
        runTest {
            val queue = RetryQueue.on(memory()) { handle(charge) { "done" } }
            queue.start(backgroundScope)
            shouldThrow<DeadlinePassedException> {
                queue.invokeOrDefer(charge, "a", persistFirst = true) { deadline = Instant.EPOCH }
            }
            queue.health().isHealthy shouldBe true
        }
    }

    test("an Error of the store ends nothing") {
        for (asked in listOf("settle", "claim", "renewLease")) {
            runTest {
                val store = FaultyStore(memory())
                val queue = RetryQueue.on(store) { handle(charge) { delay(2.minutes).let { "done" } } }
                queue.start(backgroundScope)
                store.before = {
                    if (it == asked) {
                        store.before = {}
                        throw NoClassDefFoundError("once")
                    }
                }
                val handle = queue.enqueue(charge, "a") { delay = 10.seconds }
                handle.await() shouldBe "done"
                queue.find(handle.cid)!!.counters shouldBe CallCounters(claims = 1, attempts = 1)
            }
        }
    }
})
