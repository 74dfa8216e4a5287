@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.policy.IntervalException
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Job
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import java.io.IOException
import java.time.Instant
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

private val charge = target("charge")

private fun TestScope.store() = InMemoryCallStore { currentTime }

class RetryQueueTest : FunSpec({
    test("the default policy makes 81 calls over three days") {
        runTest {
            val queue = RetryQueue(store()) { handle(charge) { throw IOException("down") } }
            queue.start(backgroundScope)
            val call = queue.enqueue(charge, "42 EUR").awaitEnd()
            call.counters shouldBe CallCounters(claims = 81, attempts = 81, failures = 81)
            call.deadReason shouldBe DeadReason.EXHAUSTED
        }
    }

    test("a call returns what its handler returned") {
        runTest {
            val queue = RetryQueue(store()) { handle(charge) { "paid $it" } }
            queue.start(backgroundScope)
            queue.enqueue(charge, "42 EUR").await() shouldBe "paid 42 EUR"
            queue.counts() shouldContainExactly listOf(CallCount("charge", CallState.SUCCEEDED, 1))
        }
    }

    test("a call keeps its id through all attempts, and the attempts are numbered from 1") {
        runTest {
            val seen = ArrayList<String>()
            val queue =
                RetryQueue(store()) {
                    handle(charge) {
                        seen += "$attempt ${call.cid} at $currentTime"
                        if (attempt < 3) throw IOException("down")
                        "paid"
                    }
                }
            queue.start(backgroundScope)
            val handle =
                queue.enqueue(charge, "42") {
                    policy {
                        every(10.seconds)
                        maxAttempts(3)
                    }
                }
            handle.await() shouldBe "paid"
            seen shouldContainExactly listOf("1 ${handle.cid} at 0", "2 ${handle.cid} at 10000", "3 ${handle.cid} at 20000")
            queue.errors(handle.cid).map { "${it.attempt} ${it.at} ${it.message}" } shouldContainExactly listOf("1 0 down", "2 10000 down")
        }
    }

    test("a repaired handler makes the next attempt succeed") {
        runTest {
            val queue = RetryQueue(store()) { handle(charge) { throw IOException("a bug") } }
            queue.start(backgroundScope)
            val handle = queue.enqueue(charge, "42")
            delay(30.seconds)
            queue.replaceHandler(charge, version = 2) { "repaired" }
            handle.await() shouldBe "repaired"
            currentTime shouldBe 60_000
            queue.find(handle.cid)!!.handlerVersion shouldBe 2
        }
    }

    test("a snooze uses up no attempt") {
        runTest {
            var times = 0
            val queue = RetryQueue(store()) { handle(charge) { if (times++ < 5) snooze(1.hours) else "at last" } }
            queue.start(backgroundScope)
            val handle =
                queue.enqueue(charge, "42") {
                    policy {
                        every(1.seconds)
                        maxAttempts(1)
                    }
                }
            handle.await() shouldBe "at last"
            currentTime shouldBe 5 * 3_600_000
            queue.find(handle.cid)!!.counters shouldBe CallCounters(claims = 6, attempts = 1, snoozes = 5)
        }
    }

    test("what the policy does not retry is rejected, and so is what the handler rejects") {
        runTest {
            val queue =
                RetryQueue(store()) {
                    handle(charge) { throw IllegalStateException("never") }
                    handle(target("refund")) { reject("no such account") }
                }
            queue.start(backgroundScope)
            val first =
                queue.enqueue(charge, "42") {
                    policy {
                        on<IOException>()
                        every(1.seconds)
                        maxAttempts(9)
                    }
                }
            first.awaitEnd().deadReason shouldBe DeadReason.REJECTED
            val second = queue.enqueue("refund", "42")
            second.awaitEnd().deadReason shouldBe DeadReason.REJECTED
            queue.errors(second.cid).single().message shouldBe "no such account"
            shouldThrow<CallFailedException> { second.await() }.message shouldContain "died (REJECTED) after 1 attempt"
        }
    }

    test("no attempt starts at or after the deadline, and one that runs then is cut") {
        runTest {
            val starts = ArrayList<Long>()
            val queue =
                RetryQueue(store()) {
                    handle(charge) {
                        starts += currentTime
                        if (it == "slow") awaitCancellation() else throw IOException("down")
                    }
                }
            queue.start(backgroundScope)
            val failing =
                queue.enqueue(charge, "fast") {
                    deadline = Instant.ofEpochMilli(100_000)
                    policy {
                        every(40.seconds)
                        forever()
                    }
                }
            failing.awaitEnd().deadReason shouldBe DeadReason.EXPIRED
            currentTime shouldBe 80_000
            starts shouldContainExactly listOf(0, 40_000, 80_000)
            val slow = queue.enqueue(charge, "slow") { deadline = Instant.ofEpochMilli(100_000) }
            slow.awaitEnd().deadReason shouldBe DeadReason.EXPIRED
            currentTime shouldBe 100_000
            val delayed =
                queue.enqueue(charge, "fast") {
                    deadline = Instant.ofEpochMilli(110_000)
                    delay = 1.hours
                }
            delayed.awaitEnd().counters.attempts shouldBe 0
            currentTime shouldBe 110_000
        }
    }

    test("an attempt is cut at its timeout, and the cut is a failure") {
        runTest {
            val queue = RetryQueue(store()) { handle(charge) { if (attempt == 1) awaitCancellation() else "in time" } }
            queue.start(backgroundScope)
            val handle =
                queue.enqueue(charge, "42") {
                    policy {
                        every(1.seconds)
                        maxAttempts(2)
                        attemptTimeout(5.seconds)
                    }
                }
            handle.await() shouldBe "in time"
            currentTime shouldBe 6_000
            queue.errors(handle.cid).single().type shouldContain "AttemptTimeoutException"
        }
    }

    test("an undecodable payload is an ordinary failure, with history and the raw bytes kept") {
        runTest {
            val broken =
                object : PayloadCodec<String> by PayloadCodec.Text {
                    override fun decode(
                        bytes: ByteArray,
                        version: Int,
                    ): String = error("version $version is unknown")
                }
            val queue = RetryQueue(store()) { handle(Target("charge", broken, PayloadCodec.Text)) { it } }
            queue.start(backgroundScope)
            val handle =
                queue.enqueue(charge, "42") {
                    policy {
                        every(1.seconds)
                        maxAttempts(2)
                    }
                }
            val call = handle.awaitEnd()
            call.counters.failures shouldBe 2
            call.order.payload shouldBe Payload("42".toByteArray(), "text")
            queue.errors(handle.cid).last().message shouldContain "version 1 is unknown"
        }
    }

    test("callbacks are told how the call ended, once, in a call of their own") {
        runTest {
            val told = ArrayList<CallOutcome>()
            val queue =
                RetryQueue(store()) {
                    handle(charge) { if (attempt < 3) throw IOException("down") else "paid" }
                    callback("charged") { told += it }
                }
            queue.start(backgroundScope)
            val handle =
                queue.enqueue(charge, "42") {
                    retry(repeats = 3, seconds = 10)
                    callback("charged")
                    context = "order 7"
                }
            handle.await()
            runCurrent()
            val outcome = told.single()
            outcome shouldBe
                CallOutcome(
                    ok = true,
                    source = null,
                    target = "charge",
                    retryRepeats = 3,
                    retrySeconds = 10.0,
                    callCid = handle.cid,
                    origCid = null,
                    requestedAt = Instant.EPOCH,
                    respondedAt = Instant.ofEpochSecond(20),
                    response = "paid",
                    context = "order 7",
                    state = "SUCCEEDED",
                    attempts = 3,
                    errors = listOf("java.io.IOException: down", "java.io.IOException: down"),
                )
            outcome.toJson() shouldBe
                """{"ok":true,"source":null,"target":"charge","retry_repeats":3,"retry_seconds":10,""" +
                """"call_cid":"${handle.cid}","orig_cid":null,""" +
                """"req_ts_utc":"1970-01-01T00:00:00Z","resp_ts_utc":"1970-01-01T00:00:20Z",""" +
                """"response":"paid","context":"order 7",""" +
                """"state":"SUCCEEDED","attempts":3,"errors":["java.io.IOException: down","java.io.IOException: down"]}"""
        }
    }

    test("source and orig_cid are taken from the handler that is calling") {
        runTest {
            val told = CompletableDeferred<CallOutcome>()
            lateinit var queue: RetryQueue
            queue =
                RetryQueue(store()) {
                    handle(target("shop")) { queue.enqueue(charge, it) { callback("charged") }.cid }
                    handle(charge) { throw IOException("down") }
                    callback("charged") { told.complete(it) }
                    policy {
                        every(1.seconds)
                        maxAttempts(2)
                    }
                }
            queue.start(backgroundScope)
            val parent = queue.enqueue("shop", "42")
            val outcome = told.await()
            outcome.source shouldBe "shop"
            outcome.origCid shouldBe parent.cid
            outcome.ok shouldBe false
            outcome.state shouldBe "DEAD(EXHAUSTED)"
        }
    }

    test("each step of a handler that is retried is enqueued once") {
        runTest {
            val steps = ArrayList<String>()
            val queue =
                RetryQueue(store()) {
                    handle(target("order")) {
                        enqueueOnce("charge", charge, it)
                        if (attempt < 3) throw IOException("down")
                        enqueueOnce("ship", target("ship"), it)
                        "done"
                    }
                    handle(charge) {
                        steps += "charge"
                        ""
                    }
                    handle(target("ship")) {
                        steps += "ship"
                        ""
                    }
                }
            queue.start(backgroundScope)
            queue.enqueue("order", "42").await() shouldBe "done"
            runCurrent()
            steps shouldContainExactly listOf("charge", "ship")
        }
    }

    test("invoke makes all attempts itself and stores nothing") {
        runTest {
            var calls = 0
            val queue = RetryQueue(store()) { handle(charge) { if (++calls < 3) throw IOException("down $calls") else "paid $attempt" } }
            queue.invoke(charge, "42") {
                every(10.seconds)
                maxAttempts(3)
            } shouldBe "paid 3"
            currentTime shouldBe 20_000
            calls = -10
            val failed =
                shouldThrow<CallFailedException> {
                    queue.invoke("charge", "42") {
                        every(1.seconds)
                        maxAttempts(3)
                    }
                }
            failed.attempts shouldBe 3
            failed.causes.map { it.message } shouldContainExactly listOf("down -9", "down -8", "down -7")
            failed.message shouldContain failed.cid
            queue.counts().shouldBeEmpty()
        }
    }

    test("a handler that is invoked may reject for good, or ask for time") {
        runTest {
            var calls = 0
            val queue =
                RetryQueue(store()) {
                    handle(charge) {
                        calls++
                        if (it == "bad") {
                            reject("no such account")
                        } else if (attempt == 1) {
                            snooze(1.hours)
                        }
                        "paid"
                    }
                }
            shouldThrow<CallFailedException> { queue.invoke(charge, "bad") }.causes.single().message shouldBe "no such account"
            calls shouldBe 1
            shouldThrow<RuntimeException> { queue.invokeOrDefer(charge, "bad") }.message shouldBe "no such account"
            queue.invoke(charge, "42") {
                every(1.seconds)
                maxAttempts(2)
            } shouldBe "paid"
            currentTime shouldBe 3_600_000
        }
    }

    test("invokeOrDefer returns the value, or defers: one call and three") {
        runTest {
            var calls = 0
            val told = CompletableDeferred<CallOutcome>()
            val queue =
                RetryQueue(store()) {
                    handle(charge) {
                        calls++
                        if (it == "good") "paid" else throw IOException("down")
                    }
                    callback("charged") { told.complete(it) }
                }
            queue.start(backgroundScope)
            queue.invokeOrDefer(charge, "good") shouldBe Invoked.Completed("paid")
            calls = 0
            val deferred =
                queue.invokeOrDefer(charge, "bad") {
                    retry(repeats = 3, seconds = 10)
                    callback("charged")
                }
            deferred.shouldBeInstanceOf<Invoked.Deferred>()
            calls shouldBe 1
            told.await().callCid shouldBe deferred.cid
            calls shouldBe 4
            currentTime shouldBe 30_000
        }
    }

    test("invokeOrDefer can store the call before its first attempt") {
        runTest {
            var calls = 0
            val queue =
                RetryQueue(store()) {
                    handle(charge) {
                        calls++
                        if (it == "good") "paid" else throw IOException("down")
                    }
                }
            queue.start(backgroundScope)
            queue.invokeOrDefer(charge, "good", persistFirst = true) shouldBe Invoked.Completed("paid")
            calls = 0
            val deferred = queue.invokeOrDefer(charge, "bad", persistFirst = true) { retry(repeats = 3, seconds = 10) } as Invoked.Deferred
            calls shouldBe 1
            queue.endings
                .await(deferred.cid)
                .counters.attempts shouldBe 4
            calls shouldBe 4
            currentTime shouldBe 30_000
        }
    }

    test("shutdown lets running handlers end, gives the others back without counting, and leaves nothing running") {
        runTest {
            val store = store()
            val queue =
                RetryQueue(store) {
                    handle(charge) {
                        delay(if (it == "short") 5.seconds else 1.hours)
                        "done"
                    }
                    lane("default") { concurrency = 2 }
                }
            val job = queue.start(backgroundScope)
            val (short, long, waiting) = queue.enqueueAll(charge, listOf("short", "long", "waiting"))
            delay(1.seconds)
            queue.shutdown(grace = 10.seconds)
            currentTime shouldBe 11_000
            job.isCompleted shouldBe true
            queue.find(short.cid)!!.state shouldBe CallState.SUCCEEDED
            queue.find(long.cid)!!.counters shouldBe CallCounters(claims = 1)
            queue.find(long.cid)!!.state shouldBe CallState.READY
            queue.find(waiting.cid)!!.counters.attempts shouldBe 0
            store.orphans(null, 10).calls.shouldBeEmpty()
        }
    }

    test("the queue ends with the scope it was started in, and gives back what it has") {
        runTest {
            val queue = RetryQueue(store()) { handle(charge) { awaitCancellation() } }
            val scope = kotlinx.coroutines.CoroutineScope(coroutineContext + Job())
            queue.start(scope)
            val handle = queue.enqueue(charge, "42")
            runCurrent()
            queue.find(handle.cid)!!.state shouldBe CallState.RUNNING
            scope.cancel()
            runCurrent()
            queue.find(handle.cid)!!.state shouldBe CallState.READY
            queue.health().isRunning shouldBe false
        }
    }

    test("calls of one order run one after the other while others pass") {
        runTest {
            val log = ArrayList<String>()
            val queue =
                RetryQueue(store()) {
                    handle(charge) {
                        log += "$it at $currentTime"
                        delay(10.milliseconds)
                        if (it == "a1" && attempt == 1) throw IOException("down") else "done"
                    }
                }
            queue.start(backgroundScope)
            queue
                .enqueueAll(charge, listOf("a1", "a2", "b1")) {
                    orderKey = it.take(1)
                    policy {
                        every(1.seconds)
                        maxAttempts(2)
                    }
                }.forEach { it.await() }
            log shouldContainExactly listOf("a1 at 0", "b1 at 0", "a1 at 1010", "a2 at 1020")
        }
    }

    test("a lane runs as many calls as it may, and a handler as many as it may") {
        runTest {
            var now = 0
            var most = 0
            val queue =
                RetryQueue(store()) {
                    suspend fun busy(): String {
                        most = maxOf(most, ++now)
                        delay(10.milliseconds)
                        now--
                        return ""
                    }
                    handle(charge, lane = "payments") { busy() }
                    handle(target("refund"), concurrency = 2) { busy() }
                    lane("payments") { concurrency = 5 }
                }
            queue.start(backgroundScope)
            queue.enqueueAll(charge, List(23) { "" }).forEach { it.await() }
            most shouldBe 5
            most = 0
            queue.enqueueAll(target("refund"), List(7) { "" }).forEach { it.await() }
            most shouldBe 2
        }
    }

    test("why says what a call waits for") {
        runTest {
            val queue =
                RetryQueue(store()) {
                    handle(charge) {
                        if (it == "bad") {
                            reject("bad")
                        } else if (it == "slow") {
                            delay(1.hours)
                        }
                        ; "done"
                    }
                }

            suspend fun why(cid: String) = queue.why(cid).reason
            val due = queue.enqueue(charge, "42")
            why(due.cid) shouldBe Why.Reason.WAITING
            why(queue.enqueue(target("nobody"), "42").cid) shouldBe Why.Reason.NO_HANDLER
            why("nonsense") shouldBe Why.Reason.UNKNOWN
            queue.start(backgroundScope)
            due.await()
            why(due.cid) shouldBe Why.Reason.ENDED
            val later = queue.enqueue(charge, "42") { delay = 1.minutes }
            why(later.cid) shouldBe Why.Reason.NOT_DUE
            queue.why(later.cid).text shouldContain "it is due at 1970-01-01T00:01:00Z"
            val (slow, behind) = queue.enqueueAll(charge, listOf("slow", "42")) { orderKey = "k" }
            runCurrent()
            why(slow.cid) shouldBe Why.Reason.RUNNING
            why(behind.cid) shouldBe Why.Reason.BEHIND
            val (_, blocked) = queue.enqueueAll(charge, listOf("bad", "42")) { orderKey = "l" }
            runCurrent()
            why(blocked.cid) shouldBe Why.Reason.BLOCKED
            queue.pause("default")
            why(queue.enqueue(charge, "42").cid) shouldBe Why.Reason.PAUSED
            queue.resume("default")
        }
    }

    test("a running call is cancelled, and its callback is told") {
        runTest {
            val told = CompletableDeferred<CallOutcome>()
            val queue =
                RetryQueue(store()) {
                    handle(charge) { awaitCancellation() }
                    callback("charged") { told.complete(it) }
                }
            queue.start(backgroundScope)
            val handle = queue.enqueue(charge, "42") { callback("charged") }
            runCurrent()
            handle.cancel() shouldBe CancelResult.REQUESTED
            handle.awaitEnd().state shouldBe CallState.CANCELLED
            told.await().state shouldBe "CANCELLED"
            handle.cancel() shouldBe CancelResult.ENDED
        }
    }

    test("dead letters are listed, replayed and discarded, in bulk and as a dry run") {
        runTest {
            val queue = RetryQueue(store()) { handle(charge, version = 2) { reject("broken") } }
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
                RetryQueue(store()) {
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

    test("what the queue is given wrongly is refused with the value and the mend") {
        runTest {
            val queue =
                RetryQueue(store()) {
                    handle(charge) { it }
                    maxPayloadBytes = 3
                }
            shouldThrow<PayloadTooLargeException> { queue.enqueue(charge, "four") }.message shouldContain
                "has 4 bytes, more than the 3 allowed"
            shouldThrow<KeyTooLongException> { queue.enqueue(charge, "") { uniqueKey = "k".repeat(201) } }.message shouldContain "has 201"
            shouldThrow<DeadlinePassedException> { queue.enqueue(charge, "") { deadline = Instant.EPOCH } }.message shouldContain
                "has passed"
            shouldThrow<InvalidCallException> { queue.enqueue(charge, "") { priority = 10 } }.message shouldContain "but was 10"
            shouldThrow<IntervalException> { queue.enqueue(charge, "") { retry(3) } }.message shouldContain "neither was given"
            shouldThrow<IntervalException> { queue.enqueue(charge, "") { retry(3, 1, 1) } }.message shouldContain "both were given"
            shouldThrow<IllegalStateException> {
                queue.enqueue(charge, "") {
                    policy {
                        failureTester { { null } }
                        forever()
                    }
                }
            }.message shouldContain "failureTester"
            shouldThrow<UnknownHandlerException> { queue.enqueue("nobody", "") }.message shouldContain "registered are [charge]"
            shouldThrow<UnknownHandlerException> { queue.enqueue(charge, "") { callback("nobody") } }
            shouldThrow<UnknownHandlerException> { queue.invoke("nobody", "") }
            shouldThrow<UnknownHandlerException> { queue.invoke(target("nobody"), "") }
            shouldThrow<QueueClosedException> { queue.invokeOrDefer(charge, "", persistFirst = true) }
            queue.counts().shouldBeEmpty()
            queue.start(backgroundScope)
            queue.shutdown()
            shouldThrow<QueueClosedException> { queue.start(backgroundScope) }
            shouldThrow<QueueClosedException> { queue.enqueue(charge, "") }.message shouldContain "make another one on the same store"
        }
    }
})
