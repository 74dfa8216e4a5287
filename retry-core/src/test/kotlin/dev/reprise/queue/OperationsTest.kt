@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallOutcome
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.Diagnosis
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.CallStatus
import dev.reprise.queue.spi.CallStore
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldEndWith
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** What operators of a queue do. */
class OperationsTest : FunSpec({
    test("finished calls are kept as long as their handler says, and the others as long as the queue says") {
        runTest {
            val refund = target("refund")
            val queue =
                RetryQueue.on(memory()) {
                    handle(charge, retention = 10.days) { it }
                    handle(refund) { it }
                    retention = 1.days
                }
            queue.start(backgroundScope)
            val charged = queue.enqueue(charge, "1").also { it.awaitEnd() }
            val refunded = queue.enqueue(refund, "1").also { it.awaitEnd() }
            val cancelled = queue.enqueue(charge, "2") { delay = 1.hours }.also { it.cancel() }
            delay(2.days)
            listOf(charged, refunded, cancelled).map { queue.find(it.cid) != null } shouldBe listOf(true, false, true)
            delay(9.days)
            listOf(charged, cancelled).map { queue.find(it.cid) } shouldBe listOf(null, null)
        }
    }

    test("why says what a call waits for where the queue is not started or has no handler") {
        runTest {
            val queue = RetryQueue.on(memory()) { handle(charge) { "done" } }
            val due = queue.enqueue(charge, "42")
            queue.why(due.cid).reason shouldBe Diagnosis.Reason.WAITING
            queue.why(due.cid).text shouldEndWith "waits for a free worker of the lane 'default'; this queue is not started"
            queue.why(queue.enqueue(target("elsewhere"), "42").cid).reason shouldBe Diagnosis.Reason.NO_HANDLER
            val later = queue.enqueue(charge, "42") { delay = 1.minutes }
            queue.why(later.cid).text shouldContain "it is due at 1970-01-01T00:01:00Z"
        }
    }

    test("why says what a held call is behind, also at the moment at which the call before it has ended") {
        runTest {
            var isAdvanced = false
            val store = memory()
            val advancing =
                object : CallStore by store {
                    override suspend fun status(cid: String): CallStatus? =
                        store.status(cid)?.let {
                            val head = it.head.takeUnless { isAdvanced }
                            CallStatus(it.call, it.now, head, it.headIsDead, it.worker, it.leaseMillis, it.pausedLanes)
                        }
                }
            val queue = RetryQueue.on(advancing) { handle(charge) { "done" } }
            val (first, second) = List(2) { queue.enqueue(charge, "$it") { orderKey = "order-42" } }
            queue.why(second.cid).text shouldBe "it is behind call ${first.cid} in the order 'order-42'"
            isAdvanced = true
            queue.why(second.cid).text shouldBe "it is the first one in its order 'order-42' now, and will be ready in a moment"
        }
    }

    test("dead letters are listed, replayed and discarded, in bulk and as a dry run") {
        runTest {
            val queue = RetryQueue.on(memory()) { handle(charge, version = 2) { reject("broken") } }
            queue.start(backgroundScope)
            val handles = queue.enqueueAll(charge, List(500) { "$it" })
            handles.forEach { it.awaitEnd() }
            queue.deadCalls(limit = 3) shouldHaveSize 3
            queue.replay(dryRun = true) { it.handler == "charge" && it.handlerVersion!! < 3 }.size shouldBe 500
            queue.counts() shouldContainExactly listOf(CallCount("charge", CallState.DEAD, 500))
            queue.replaceHandler(charge, version = 3) { "fixed $it" }
            val replayed = queue.replay { it.handlerVersion!! < 3 && it.cid != handles[0].cid }
            replayed.values.toSet() shouldBe setOf(ReplayResult.REPLAYED)
            handles[499].await() shouldBe "fixed 499"
            queue.discard(dryRun = true) { true } shouldHaveSize 1
            queue.discard { true } shouldContainExactly listOf(handles[0].cid)
            queue.deadCalls().shouldBeEmpty()
        }
    }

    test("calls are replayed by the version of the handler that failed, first as a dry run") {
        runTest {
            val queue =
                RetryQueue.on(memory()) {
                    handle(charge, version = 2) { if (it == "odd") error("a bug of version 2") else "paid" }
                    policy {
                        every(1.seconds)
                        maxAttempts(1)
                    }
                }
            queue.start(backgroundScope)
            val odd = queue.enqueue(charge, "odd").also { it.awaitEnd() }
            queue.replaceHandler(charge, version = 3) { if (it == "even") error("a bug of version 3") else "paid" }
            val even = queue.enqueue(charge, "even").also { it.awaitEnd() }
            val old: (Call) -> Boolean = { it.handler == "charge" && it.handlerVersion!! < 3 }
            queue.replay(dryRun = true, old) shouldBe mapOf(odd.cid to ReplayResult.REPLAYED)
            queue.find(odd.cid)!!.state shouldBe CallState.DEAD
            queue.replay(filter = old) shouldBe mapOf(odd.cid to ReplayResult.REPLAYED)
            odd.await() shouldBe "paid"
            queue.find(even.cid)!!.state shouldBe CallState.DEAD
        }
    }
})
