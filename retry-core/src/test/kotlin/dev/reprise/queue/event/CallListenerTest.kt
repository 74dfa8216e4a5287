@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue.event

import dev.reprise.internal.jdbc.SqliteDataSource
import dev.reprise.queue.FaultyStore
import dev.reprise.queue.Hand
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.away
import dev.reprise.queue.charge
import dev.reprise.queue.memory
import dev.reprise.queue.model.CallHandle
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.target
import dev.reprise.queue.succeeded
import dev.reprise.testing.logLines
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import java.io.File
import java.io.IOException
import java.net.ConnectException
import java.time.Instant
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** What a listener receives from a queue with a handler that does [work], until [play] returns. */
private fun told(
    settings: RetryQueueBuilder.() -> Unit = {},
    work: suspend (String) -> String = { "paid" },
    play: suspend TestScope.(RetryQueue) -> Unit,
): List<CallEvent> {
    val events = ArrayList<CallEvent>()
    runTest {
        val queue =
            RetryQueue.on(memory()) {
                handle(charge, version = 3) { work(it) }
                policy { every(1.minutes).maxAttempts(3) }
                listener(events::add)
                settings()
            }
        queue.start(backgroundScope)
        play(queue)
    }
    return events
}

private fun List<CallEvent>.lines() = map { it.toString() }

private suspend fun RetryQueue.call(text: String = "42"): CallHandle<String> = enqueue(charge, text).also { it.awaitEnd() }

class CallListenerTest : FunSpec({
    test("a listener is notified how a call is accepted, claimed, attempted, retried and settled") {
        var attempts = 0
        val events = told(work = { if (attempts++ == 0) throw ConnectException("refused") else "paid" }) { it.call() }
        events.lines() shouldContainExactly
            listOf(
                "Enqueued",
                "Claimed(1)",
                "AttemptStarted(1)",
                "AttemptEnded(1, FAILED 1m)",
                "Settled(READY)",
                "Claimed(2)",
                "AttemptStarted(2)",
                "AttemptEnded(2, RETURNED)",
                "Settled(SUCCEEDED)",
            )
    }

    test("the events of a call say which one it is, how long each step took and what failed") {
        lateinit var cid: String
        val failure = ConnectException("refused")
        val events =
            told(work = {
                delay(2.seconds)
                throw failure
            }) { queue ->
                cid = queue.enqueue(charge, "42") { delay = 10.seconds }.cid
                delay(13.seconds)
            }
        events.filterIsInstance<CallEvent.OfCall>().map { "${it.cid} ${it.handler} ${it.lane}" }.distinct() shouldContainExactly
            listOf("$cid charge default")
        events.map { it.at.toEpochMilli() } shouldContainExactly listOf(0, 10_000, 10_000, 12_000, 12_000)
        val enqueued = events[0].shouldBeInstanceOf<CallEvent.Enqueued>()
        enqueued.dueAt shouldBe Instant.ofEpochSecond(10)
        enqueued.inCallerTransaction shouldBe false
        events[1].shouldBeInstanceOf<CallEvent.Claimed>().lag shouldBe 0.seconds
        val ended = events[3].shouldBeInstanceOf<CallEvent.AttemptEnded>()
        ended.failure shouldBe failure
        ended.elapsed shouldBe 2.seconds
        ended.nextDelay shouldBe 1.minutes
        ended.handlerVersion shouldBe 3
        val settled = events[4].shouldBeInstanceOf<CallEvent.Settled>()
        settled.from shouldBe CallState.RUNNING
        settled.dueAt shouldBe Instant.ofEpochSecond(72)
        settled.attempts shouldBe 1
        settled.age shouldBe 12.seconds
    }

    test("an attempt can return, fail, time out, reject, snooze and be cancelled") {
        val ends =
            told(
                settings = {
                    attemptTimeout = 5.seconds
                    handle(target("all")) { text ->
                        when (text) {
                            "reject" -> reject("no")
                            "snooze" -> if (this.call.snoozes == 0) snooze(3.seconds) else "done"
                            "fail" -> throw IOException("down")
                            "hang" -> awaitCancellation()
                            else -> "done"
                        }
                    }
                    policy { maxAttempts(1) }
                },
            ) { queue ->
                val all = target("all")
                for (text in listOf("return", "fail", "hang", "reject", "snooze")) queue.enqueue(all, text).awaitEnd()
                val hanging = queue.enqueue(all, "hang")
                runCurrent()
                queue.cancel(hanging.cid)
                hanging.awaitEnd()
                queue.enqueue(all, "hang")
                runCurrent()
                queue.shutdown(1.seconds)
            }.filterIsInstance<CallEvent.AttemptEnded>()
        ends.lines() shouldContainExactly
            listOf(
                "AttemptEnded(1, RETURNED)",
                "AttemptEnded(1, FAILED)",
                "AttemptEnded(1, TIMED_OUT DEADLINE)",
                "AttemptEnded(1, REJECTED)",
                "AttemptEnded(1, SNOOZED 3s)",
                "AttemptEnded(1, RETURNED)",
                "AttemptEnded(1, CANCELLED REQUESTED)",
                "AttemptEnded(1, CANCELLED SHUTDOWN 0s)",
            )
        ends.map { it.failure?.javaClass?.simpleName } shouldContainExactly
            listOf(null, "IOException", "AttemptTimeoutException", "RejectException", null, null, null, null)
    }

    test("a known unique key, a callback and the death of a call are reported") {
        val events =
            told(settings = { callback("died") {} }, work = { throw IOException() }) { queue ->
                val first =
                    queue.enqueue(charge, "42") {
                        uniqueKey = "k"
                        policy { maxAttempts(1) }
                        callback("died")
                    }
                queue.enqueue(charge, "42") { uniqueKey = "k" }
                first.awaitEnd()
                delay(1.seconds)
            }
        events.filterIsInstance<CallEvent.OfCall>().map { "${it.handler} $it" } shouldContainExactly
            listOf(
                "charge Enqueued",
                "charge Enqueued(known)",
                "charge Claimed(1)",
                "charge AttemptStarted(1)",
                "charge AttemptEnded(1, FAILED)",
                "charge Settled(DEAD EXHAUSTED)",
                "died Enqueued",
                "died Claimed(1)",
                "died AttemptStarted(1)",
                "died AttemptEnded(1, RETURNED)",
                "died Settled(SUCCEEDED)",
            )
    }

    test("an orphan is reported as taken over, before it continues") {
        runTest {
            val store = memory()
            val events = ArrayList<String>()
            val queue =
                RetryQueue.on(store) {
                    handle(charge) { "paid" }
                    listener { events += it.toString() }
                }
            val handle = queue.enqueue(charge, "42")
            Hand(store).join().claim()
            queue.start(backgroundScope)
            handle.awaitEnd()
            events shouldContainExactly
                listOf(
                    "Enqueued",
                    "TakenOver(hand, 1)",
                    "Settled(READY)",
                    "Claimed(1)",
                    "AttemptStarted(1)",
                    "AttemptEnded(1, RETURNED)",
                    "Settled(SUCCEEDED)",
                )
        }
    }

    test("a result that comes too late is reported as stale") {
        runTest {
            val store = memory()
            val events = ArrayList<String>()
            val queue =
                RetryQueue.on(store) {
                    handle(charge) {
                        store.settle(listOf(store.find(call.cid)!!.succeeded()))
                        "late"
                    }
                    listener { events += it.toString() }
                }
            queue.start(backgroundScope)
            queue.enqueue(charge, "42")
            delay(1.minutes)
            events.last() shouldBe "Stale(SUCCEEDED)"
        }
    }

    test("lanes, outages and a lost lease are reported without a call") {
        val events = ArrayList<CallEvent>()
        runTest {
            val store = FaultyStore(memory())
            val queue =
                RetryQueue.on(store) {
                    handle(charge) { awaitCancellation() }
                    listener(events::add)
                }
            queue.start(backgroundScope)
            queue.pause("default")
            queue.resume("default")
            queue.enqueue(charge, "42")
            delay(1.seconds)
            store.before = { away() }
            delay(20.seconds)
            store.before = {}
            delay(10.seconds)
        }
        val worker = events.filterNot { it is CallEvent.OfCall }
        worker.map { it.toString().substringBefore("(") } shouldContainExactly
            listOf("LaneChanged", "LaneChanged", "StoreDown", "LeaseLost", "StoreBack")
        worker[0].toString() shouldBe "LaneChanged(default, paused)"
        worker[3].toString() shouldBe "LeaseLost(1)"
        events.lines() shouldContain "AttemptEnded(1, CANCELLED LEASE_LOST 0s)"
    }

    test("in a transaction of the caller a call is reported before the commit") {
        val file = File(tempdir(), "calls.db")
        val source = SqliteDataSource(file.toPath())
        val events = ArrayList<CallEvent>()
        JdbcCallStore(source).use { store ->
            runBlocking { store.migrate() }
            val queue = RetryQueue.on(store) { listener(events::add) }
            source.connection.use { connection ->
                connection.autoCommit = false
                queue.enqueueAll(connection, charge, listOf("42"))
                events.single().shouldBeInstanceOf<CallEvent.Enqueued>().inCallerTransaction shouldBe true
                connection.rollback()
            }
        }
    }

    test("what a listener throws is logged once a minute for its class and changes nothing") {
        class Broken : CallListener {
            override fun onEvent(event: CallEvent): Unit = error("no")
        }
        val events = ArrayList<String>()
        val lines =
            logLines("dev.reprise.queue") {
                runTest {
                    val queue =
                        RetryQueue.on(memory()) {
                            handle(charge) { "paid" }
                            listener(Broken())
                            listener(Broken())
                            listener { events += it.toString() }
                        }
                    queue.start(backgroundScope)
                    queue.call()
                }
            }
        events.last() shouldBe "Settled(SUCCEEDED)"
        lines.map { it.substringBefore(" dev.reprise") } shouldContainExactly listOf("queue WARNING the listener")
    }

    test("whatever the threads do, nothing of the next claim of a call comes before the end of the last one") {
        val story = Regex("(Claimed AttemptStarted AttemptEnded (Settled|Stale) )+")
        val events = ConcurrentHashMap<String, MutableList<String>>()
        val attempts = ConcurrentHashMap<String, Int>()
        runBlocking(Dispatchers.Default) {
            coroutineScope {
                val queue =
                    RetryQueue.inMemory {
                        handle(charge) { if (attempts.merge(call.cid, 1, Int::plus)!! < 5) throw IOException() else "paid" }
                        lane("default") { concurrency = 50 }
                        policy { every(0.milliseconds).maxAttempts(5) }
                        listener {
                            if (it is CallEvent.OfCall) {
                                events.computeIfAbsent(it.cid) { CopyOnWriteArrayList() } += it.javaClass.simpleName
                            }
                        }
                    }
                queue.start(this)
                queue.enqueueAll(charge, List(500) { "$it" }).forEach { it.awaitEnd() }
                queue.shutdown(10.seconds)
            }
        }
        events.values
            // A worker can claim a call before its caller has reported that the store accepted it.
            .map { (it - "Enqueued").joinToString(" ", postfix = " ") }
            .filterNot(story::matches)
            .shouldBeEmpty()
    }

    test("the events of a call have its tags") {
        val events = told { queue -> queue.enqueue(charge, "42") { tags("tenant:42", "import") }.awaitEnd() }
        events.filterIsInstance<CallEvent.OfCall>().map { it.tags }.distinct() shouldContainExactly listOf(listOf("tenant:42", "import"))
    }
})
