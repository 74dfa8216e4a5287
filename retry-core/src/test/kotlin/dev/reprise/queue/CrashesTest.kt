@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.queue.model.CallOutcome
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.CallCounters
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** A worker that has died: it claimed all calls, started the first [started] of them and never renews its lease. */
private suspend fun CallStore.dieWithACall(started: Int = Int.MAX_VALUE) {
    Hand(this)
        .join()
        .claim(limit = 1000)
        .take(started)
        .forEach { recordStart(it) }
}

private suspend fun CallStore.awaitCrash(cid: String) {
    while (find(cid)!!.counters.crashes == 0) delay(100.milliseconds)
}

class CrashesTest : FunSpec({
    test("the calls of a worker that died are taken over") {
        runTest {
            val store = memory()
            val queue = RetryQueue.on(store) { handle(charge) { "paid" } }
            val handle = queue.enqueue(charge, "42")
            store.dieWithACall()
            queue.start(backgroundScope)
            handle.await() shouldBe "paid"
            queue.find(handle.cid)!!.counters shouldBe CallCounters(claims = 2, attempts = 1, crashes = 1)
        }
    }

    test("if processes share a store, the calls of a process that died run elsewhere within 30 seconds") {
        runTest {
            val memory = memory()
            val store =
                object : CallStore by memory {
                    override val isShared get() = true
                }
            val queue = RetryQueue.on(store) { handle(charge) { "paid" } }
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

    test("failures of claims and a purge that never ends do not delay the takeover") {
        runTest {
            val memory = memory()
            val faulty = FaultyStore(memory)
            val store =
                object : CallStore by faulty {
                    override val isShared get() = true

                    override suspend fun purge(limit: Int): Int = awaitCancellation()
                }
            faulty.before = { if (it == "claim" && currentTime % 15_000 < 2_000) away() }
            val queue = RetryQueue.on(store) { handle(charge) { "paid" } }
            queue.start(backgroundScope)
            delay(2.minutes)
            repeat(5) {
                val handle = queue.enqueue(target("elsewhere"), "42")
                Hand(memory).join().claim("elsewhere")
                val diedAt = currentTime
                memory.awaitCrash(handle.cid)
                (currentTime - diedAt) shouldBeLessThan 30_001
            }
        }
    }

    test("a call whose workers die three times within 72 hours is dead, and its callback is notified") {
        runTest {
            val store = memory()
            val told = CompletableDeferred<CallOutcome>()
            val queue =
                RetryQueue.on(store) {
                    handle(charge) { "paid" }
                    callback("charged") { told.complete(it) }
                }
            val handle = queue.enqueue(charge, "42") { callback("charged") }
            val rescuer = RetryQueue.on(store) { callback("charged") { told.complete(it) } }
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

    test("calls that one more crash would end run one at a time, so that a call that kills workers dies alone") {
        runTest {
            val store = memory()
            val rescuer = RetryQueue.on(store) { handle(target("other")) { it } }
            rescuer.start(backgroundScope)
            val handles = rescuer.enqueueAll(charge, listOf("1", "2", "3"))
            repeat(2) {
                store.dieWithACall()
                delay(3.minutes)
            }
            val log = ArrayList<String>()
            val fresh = rescuer.enqueueAll(charge, listOf("4", "5"))
            val queue =
                RetryQueue.on(store) {
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

    test("what a dead worker had claimed and not started is not suspected, and does not wait for one another") {
        runTest {
            val store = memory()
            val rescuer = RetryQueue.on(store) { handle(target("other")) { it } }
            rescuer.start(backgroundScope)
            val handles = rescuer.enqueueAll(charge, List(1000) { "$it" })
            repeat(2) {
                store.dieWithACall(started = 10)
                delay(3.minutes)
            }
            handles.map { rescuer.find(it.cid)!!.crashes }.groupingBy { it }.eachCount() shouldBe mapOf(1 to 990, 2 to 10)
            val queue =
                RetryQueue.on(store) {
                    handle(charge) {
                        delay(200.milliseconds)
                        it
                    }
                }
            val begun = currentTime
            queue.start(backgroundScope)
            handles.forEach { it.await() }
            (currentTime - begun) shouldBeLessThan 30_000
            handles.maxOf { queue.find(it.cid)!!.claims } shouldBeLessThan 10
        }
    }

    test("a call is dead after as many crashes as its queue allows, in the time that it allows") {
        runTest {
            val store = memory()
            val queue =
                RetryQueue.on(store) {
                    handle(target("other")) { it }
                    maxCrashes = 5
                    crashWindow = 1.hours
                }
            queue.start(backgroundScope)
            val handle = queue.enqueue(charge, "42")
            repeat(4) {
                store.dieWithACall()
                delay(3.minutes)
            }
            delay(1.hours)
            repeat(5) {
                queue.find(handle.cid)!!.state shouldBe CallState.READY
                store.dieWithACall()
                delay(3.minutes)
            }
            queue.find(handle.cid)!!.deadReason shouldBe DeadReason.CRASH_LOOP
        }
    }

    test("an attempt at a call that has crashed does not start unless that is recorded") {
        runTest {
            val memory = memory()
            val store = FaultyStore(memory)
            val queue = RetryQueue.on(store) { handle(charge) { "paid" } }
            val handle = queue.enqueue(charge, "42")
            memory.dieWithACall()
            store.before = { if (it == "recordStart" && currentTime < 300_000) away() }
            queue.start(backgroundScope)
            delay(4.minutes)
            queue.find(handle.cid)!!.attempts shouldBe 0
            handle.await() shouldBe "paid"
        }
    }

    test("three crashes that are further apart do not count as a crash loop") {
        runTest {
            val store = memory()
            val queue = RetryQueue.on(store) { handle(target("other")) { it } }
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

    test("one call that cannot be recovered does not block the recovery of others") {
        runTest {
            val memory = memory()
            val store =
                object : CallStore by memory {
                    override suspend fun settle(batch: List<Settlement>): List<SettleResult> {
                        if (batch.any { it.call.request.context == "poison" }) error("no place for poison")
                        return memory.settle(batch)
                    }
                }
            val queue = RetryQueue.on(store) { handle(charge) { "paid" } }
            val handles = queue.enqueueAll(charge, listOf("a", "poison", "b")) { context = it }
            store.dieWithACall()
            queue.start(backgroundScope)
            handles[0].await() shouldBe "paid"
            handles[2].await() shouldBe "paid"
            queue.find(handles[1].cid)!!.state shouldBe CallState.RUNNING
        }
    }

    test("after the first outage, too, other workers get one lease period to come back") {
        runTest {
            val memory = memory()
            val faulty = FaultyStore(memory)
            val shared =
                object : CallStore by faulty {
                    override val isShared get() = true
                }
            val queue = RetryQueue.on(shared) { handle(charge) { "done" } }
            memory.enqueue(listOf(newCall()))
            val call = Hand(memory).join().claim().single()
            queue.start(backgroundScope)
            delay(2.5.seconds)
            faulty.before = { away() }
            delay(27.seconds)
            faulty.before = {}
            delay(19.seconds)
            memory.find(call.cid)!!.counters.crashes shouldBe 0
        }
    }
})
