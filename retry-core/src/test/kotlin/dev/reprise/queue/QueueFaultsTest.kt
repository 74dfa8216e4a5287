@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import java.io.IOException
import java.util.logging.Handler
import java.util.logging.Level
import java.util.logging.LogRecord
import java.util.logging.Logger
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

private val charge = target("charge")

private fun TestScope.memory() = InMemoryCallStore { currentTime }

/** A worker that has died: it claimed what there was and will never be heard of again. */
private suspend fun CallStore.dieWithACall() {
    Hand(this).join().claim()
}

private suspend fun CallStore.awaitCrash(cid: String) {
    while (find(cid)!!.counters.crashes == 0) delay(100.milliseconds)
}

/** What the queue logs while [block] runs, each as `LEVEL message`. */
private fun logOf(block: () -> Unit): List<String> {
    val logger = Logger.getLogger("dev.reprise.queue")
    val lines = ArrayList<String>()
    val handler =
        object : Handler() {
            override fun publish(record: LogRecord) {
                lines += "${record.level} ${record.message}"
            }

            override fun flush() = Unit

            override fun close() = Unit
        }
    handler.level = Level.ALL
    logger.level = Level.ALL
    logger.addHandler(handler)
    try {
        block()
    } finally {
        logger.removeHandler(handler)
        logger.level = null
    }
    return lines
}

class QueueFaultsTest : FunSpec({
    test("the calls of a worker that died are taken over") {
        runTest {
            val store = memory()
            val queue = RetryQueue(store) { handle(charge) { "paid" } }
            val handle = queue.enqueue(charge, "42")
            store.dieWithACall()
            queue.start(backgroundScope)
            handle.await() shouldBe "paid"
            queue.find(handle.cid)!!.counters shouldBe CallCounters(claims = 2, attempts = 1, crashes = 1)
        }
    }

    test("where processes share a store, the calls of one that died run elsewhere within 30 seconds") {
        runTest {
            val memory = memory()
            val store =
                object : CallStore by memory {
                    override val isShared get() = true
                }
            val queue = RetryQueue(store) { handle(charge) { "paid" } }
            queue.start(backgroundScope)
            repeat(20) {
                delay(1.seconds)
                val handle = queue.enqueue(target("elsewhere"), "42")
                Hand(store).join().claim("elsewhere")
                val diedAt = currentTime
                queue.store.awaitCrash(handle.cid)
                (currentTime - diedAt) shouldBeLessThan 30_001
            }
        }
    }

    test("a call whose workers die three times within 72 hours is dead, and its callback is told") {
        runTest {
            val store = memory()
            val told = CompletableDeferred<CallOutcome>()
            val queue =
                RetryQueue(store) {
                    handle(charge) { "paid" }
                    callback("charged") { told.complete(it) }
                }
            val handle = queue.enqueue(charge, "42") { callback("charged") }
            val rescuer = RetryQueue(store) { callback("charged") { told.complete(it) } }
            rescuer.start(backgroundScope)
            repeat(3) {
                store.dieWithACall()
                delay(3.minutes)
            }
            val call = handle.awaitEnd()
            call.deadReason shouldBe DeadReason.CRASH_LOOP
            call.counters shouldBe CallCounters(claims = 3, crashes = 3)
            told.await().errors.size shouldBe 3
        }
    }

    test("calls that one more crash would end are made one at a time, so that what kills workers ends alone") {
        runTest {
            val store = memory()
            val rescuer = RetryQueue(store) { handle(target("other")) { it } }
            rescuer.start(backgroundScope)
            val handles = rescuer.enqueueAll(charge, listOf("1", "2", "3"))
            repeat(2) {
                store.dieWithACall()
                delay(3.minutes)
            }
            val log = ArrayList<String>()
            val fresh = rescuer.enqueueAll(charge, listOf("4", "5"))
            val queue =
                RetryQueue(store) {
                    handle(charge) {
                        log += "$it begins"
                        delay(10.seconds)
                        "paid".also { _ -> log += "$it ends" }
                    }
                }
            queue.start(backgroundScope)
            handles.forEach { queue.find(it.cid)!!.counters.crashes shouldBe 2 }
            (handles + fresh).forEach { handle -> while (!store.find(handle.cid)!!.state.isEnd) delay(1.seconds) }
            handles.map { queue.find(it.cid)!!.counters }.map { it.attempts to it.crashes } shouldBe List(3) { 1 to 2 }
            log.filter { it[0] in "123" }.map { it.substringAfter(' ') } shouldBe List(3) { listOf("begins", "ends") }.flatten()
            log.indexOf("4 begins") shouldBeLessThan log.indexOf("2 begins")
        }
    }

    test("three crashes that are further apart are no loop") {
        runTest {
            val store = memory()
            val queue = RetryQueue(store) { handle(target("other")) { it } }
            queue.start(backgroundScope)
            val handle = queue.enqueue(charge, "42")
            repeat(4) {
                store.dieWithACall()
                delay(37.hours)
            }
            queue.find(handle.cid)!!.counters.crashes shouldBe 4
            queue.find(handle.cid)!!.state shouldBe CallState.READY
        }
    }

    test("a worker that cannot renew cancels its own handlers before others take its calls, and cannot settle them later") {
        runTest {
            val store = FaultyStore(memory())
            val log = ArrayList<String>()
            val queue =
                RetryQueue(store) {
                    handle(charge) {
                        log += "begins at $currentTime"
                        try {
                            awaitCancellation()
                        } catch (e: CancellationException) {
                            log += "cancelled at $currentTime"
                            throw e
                        }
                    }
                }
            queue.start(backgroundScope)
            val handle = queue.enqueue(charge, "42")
            delay(1.seconds)
            store.before = { away() }
            delay(20.seconds)
            log shouldContainExactly listOf("begins at 0", "cancelled at 15000")
            queue.health().isGood shouldBe false
            store.before = {}
            delay(10.seconds)
            // Its own release came before anybody's rescue: an outage is no crash.
            queue.find(handle.cid)!!.counters.crashes shouldBe 0
            log.size shouldBe 3
            queue.health().isGood shouldBe true
        }
    }

    test("a call that was claimed and has waited for longer than its lease is not begun") {
        runTest {
            val store = FaultyStore(memory())
            val log = ArrayList<String>()
            val queue =
                RetryQueue(store) {
                    lane("one") { concurrency = 1 }
                    handle(charge, lane = "one") { request ->
                        if (request == "long") store.before = { away() }
                        if (request != "quick") log += "$request begins with token ${call.claim?.token}"
                        if (request == "long") withContext(NonCancellable) { delay(17.seconds) }
                        request
                    }
                }
            queue.start(backgroundScope)
            // Their pace makes the worker claim ahead.
            queue.enqueueAll(charge, List(3) { "quick" }).forEach { it.await() }
            queue.enqueueAll(charge, listOf("long", "short"))
            delay(25.seconds)
            log shouldContainExactly listOf("long begins with token 1")
            store.before = {}
            delay(1.minutes)
            log shouldContainExactly listOf("long begins with token 1", "short begins with token 2")
        }
    }

    test("a worker that was frozen loses what others have taken, and its result is counted as stale") {
        runTest {
            val store = memory()
            val frozen = FaultyStore(store)
            val results = ArrayList<String>()
            val first =
                RetryQueue(frozen) {
                    handle(charge) {
                        // Its thread stands still: it neither renews nor hears of a cancellation.
                        frozen.before = { away() }
                        withContext(NonCancellable) { delay(3.minutes) }
                        frozen.before = {}
                        "late".also { results += it }
                    }
                }
            val second = RetryQueue(store) { handle(charge) { "in time".also { results += it } } }
            val handle = first.enqueue(charge, "42")
            first.start(backgroundScope)
            delay(1.seconds)
            second.start(backgroundScope)
            handle.cid.let { second.endings.await(it) }.response shouldBe Payload("in time".toByteArray(), "text")
            delay(5.minutes)
            results shouldContainExactly listOf("in time", "late")
            first.health().staleResults shouldBe 1
            first.health().isGood shouldBe true
            store.find(handle.cid)!!.response shouldBe Payload("in time".toByteArray(), "text")
        }
    }

    test("a result that comes too late is told once, and not as an alarm") {
        lateinit var cid: String
        val log =
            logOf {
                runTest {
                    val store = memory()
                    val queue =
                        RetryQueue(store) {
                            handle(charge) {
                                // Somebody else settles it meanwhile.
                                store.settle(listOf(call.succeeded()))
                                "late"
                            }
                        }
                    queue.start(backgroundScope)
                    cid = queue.enqueue(charge, "42").cid
                    delay(1.hours)
                    queue.health().staleResults shouldBe 1
                }
            }
        log shouldContainExactly listOf("FINE call $cid was no longer this claim's when it ended as SUCCEEDED; nothing was written")
    }

    test("an outage of any length ends nothing; what was done meanwhile is settled when it is over") {
        runTest {
            val store = FaultyStore(memory())
            val queue =
                RetryQueue(store) {
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
                (storeAwayFor!! > 1.hours) shouldBe true
            }
            store.before = {}
            handle.awaitEnd().counters shouldBe CallCounters(claims = 1, attempts = 1)
            waiting.await() shouldBe "paid"
            queue.health().storeAwayFor.shouldBeNull()
        }
    }

    test("a store that fails every other time only slows the queue down") {
        runTest {
            val store = FaultyStore(memory())
            var asked = 0
            val queue = RetryQueue(store) { handle(charge) { if (attempt == 1) throw IOException("down") else "paid" } }
            queue.start(backgroundScope)
            val handles = queue.enqueueAll(charge, List(50) { "$it" })
            store.before = { if (asked++ % 2 == 0 && it != "find") away() }
            store.after = { if (asked++ % 5 == 0 && it != "find") away() }
            handles.forEach { it.await() shouldBe "paid" }
            for (handle in handles) queue.find(handle.cid)!!.counters.crashes shouldBe 0
        }
    }

    test("a store that can be read and not written for an hour turns no success into a failure") {
        runTest {
            val store = FaultyStore(memory())
            val reads = setOf("open", "find", "errors", "counts", "situation", "claimsOf", "dead")
            val queue =
                RetryQueue(store) {
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

    test("one call that cannot be brought back does not keep the others from it") {
        runTest {
            val memory = memory()
            val store =
                object : CallStore by memory {
                    override suspend fun settle(batch: List<Settlement>): List<SettleResult> {
                        if (batch.any { it.call.order.context == "poison" }) error("no place for poison")
                        return memory.settle(batch)
                    }
                }
            val queue = RetryQueue(store) { handle(charge) { "paid" } }
            val handles = queue.enqueueAll(charge, listOf("a", "poison", "b")) { context = it }
            store.dieWithACall()
            queue.start(backgroundScope)
            handles[0].await() shouldBe "paid"
            handles[2].await() shouldBe "paid"
            queue.find(handles[1].cid)!!.state shouldBe CallState.RUNNING
        }
    }

    test("a claim whose answer is lost does not keep its calls for ever") {
        runTest {
            val store = FaultyStore(memory())
            var lost = 0
            store.after = { if (it == "claim" && lost++ == 0) away() }
            val queue = RetryQueue(store) { handle(charge) { "paid" } }
            val handle = queue.enqueue(charge, "42")
            queue.start(backgroundScope)
            handle.await() shouldBe "paid"
            (currentTime < 10_000) shouldBe true
            queue.find(handle.cid)!!.counters shouldBe CallCounters(claims = 2, attempts = 1)
        }
    }

    test("a settlement whose answer is lost counts once") {
        runTest {
            val store = FaultyStore(memory())
            val told = ArrayList<String>()
            var lost = 0
            store.after = { if (it == "settle" && lost++ == 0) away() }
            val queue =
                RetryQueue(store) {
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

    test("one call that the store refuses does not keep the others of its batch from ending") {
        runTest {
            val memory = memory()
            val store =
                object : CallStore by memory {
                    override suspend fun settle(batch: List<Settlement>): List<SettleResult> {
                        if (batch.any { it.response?.bytes?.decodeToString() == "poison" }) error("no place for poison")
                        return memory.settle(batch)
                    }
                }
            val queue = RetryQueue(store) { handle(charge) { it } }
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
            handles[1].awaitEnd().deadReason shouldBe DeadReason.EXHAUSTED
            queue.errors(handles[1].cid).last().message shouldBe "the store refused what the call ended with"
        }
    }

    test("calls whose handler this worker does not know wait, and are seen") {
        runTest {
            val store = memory()
            val old = RetryQueue(store) { handle(charge) { "paid" } }
            old.start(backgroundScope)
            val handle = old.enqueue(target("new"), "42")
            old.enqueue(charge, "42").await() shouldBe "paid"
            delay(1.hours)
            old.find(handle.cid)!!.counters.claims shouldBe 0
            old.why(handle.cid).reason shouldBe Why.Reason.NO_HANDLER
            RetryQueue(store) { handle(target("new")) { "done" } }.start(backgroundScope)
            handle.await() shouldBe "done"
        }
    }

    test("what ends while the queue stops is written, and the lease is given back last") {
        runTest {
            val order = ArrayList<String>()
            val memory = memory()
            val store =
                object : CallStore by memory {
                    override suspend fun claim(order: ClaimOrder): Claimed = memory.claim(order)

                    override suspend fun settle(batch: List<Settlement>): List<SettleResult> {
                        delay(100.milliseconds)
                        order += batch.map { "settle ${it.to}" }
                        return memory.settle(batch)
                    }

                    override suspend fun leave(nonce: String) {
                        order += "leave"
                        memory.leave(nonce)
                    }
                }
            val queue =
                RetryQueue(store) {
                    handle(charge) {
                        delay(it.toInt().seconds)
                        "done"
                    }
                }
            queue.start(backgroundScope)
            queue.enqueueAll(charge, listOf("1", "5", "60"))
            delay(500.milliseconds)
            queue.shutdown(grace = 10.seconds)
            order shouldContainExactly listOf("settle SUCCEEDED", "settle SUCCEEDED", "settle READY", "leave")
        }
    }

    test("a handler that does not react to being cancelled is settled without, and is seen") {
        runTest {
            val queue =
                RetryQueue(memory()) {
                    handle(charge) {
                        withContext(NonCancellable) { delay(1.hours) }
                        "late"
                    }
                }
            queue.start(backgroundScope)
            val handle =
                queue.enqueue(charge, "42") {
                    policy {
                        every(1.seconds)
                        maxAttempts(1)
                        attemptTimeout(10.seconds)
                    }
                }
            handle.awaitEnd().deadReason shouldBe DeadReason.EXHAUSTED
            currentTime shouldBe 15_000
            queue.health().hungHandlers shouldBe 1
            delay(2.hours)
            queue.health().hungHandlers shouldBe 0
        }
    }
})
