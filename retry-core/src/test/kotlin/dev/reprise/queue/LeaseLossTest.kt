@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.queue.model.Payload
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import java.util.logging.Handler
import java.util.logging.Level
import java.util.logging.LogRecord
import java.util.logging.Logger
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

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

class LeaseLossTest : FunSpec({
    test("a worker that cannot renew cancels its own handlers before others take its calls, and cannot settle them later") {
        runTest {
            val store = FaultyStore(memory())
            val log = ArrayList<String>()
            val queue =
                RetryQueue.on(store) {
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
            queue.health().isHealthy shouldBe false
            store.before = {}
            delay(10.seconds)
            // Its own release came before any rescue: an outage is not a crash.
            queue.find(handle.cid)!!.counters.crashes shouldBe 0
            log.size shouldBe 3
            queue.health().isHealthy shouldBe true
        }
    }

    test("a claimed call that has waited for longer than its lease does not start") {
        runTest {
            val store = FaultyStore(memory())
            val log = ArrayList<String>()
            val queue =
                RetryQueue.on(store) {
                    lane("one") { concurrency = 1 }
                    handle(charge, lane = "one") { request ->
                        if (request == "long") store.before = { away() }
                        if (request != "quick") log += "$request begins with token ${call.claims}"
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

    test("a frozen worker loses the calls that others have taken over, and its result counts as stale") {
        runTest {
            val store = memory()
            val frozen = FaultyStore(store)
            val results = ArrayList<String>()
            val first =
                RetryQueue.on(frozen) {
                    handle(charge) {
                        // Its thread is blocked: it neither renews nor receives a cancellation.
                        frozen.before = { away() }
                        withContext(NonCancellable) { delay(3.minutes) }
                        frozen.before = {}
                        "late".also { results += it }
                    }
                }
            val second = RetryQueue.on(store) { handle(charge) { "in time".also { results += it } } }
            val handle = first.enqueue(charge, "42")
            first.start(backgroundScope)
            delay(1.seconds)
            second.start(backgroundScope)
            handle.cid.let { second.awaitEnd(it) }.response shouldBe Payload("in time".toByteArray(), "text")
            delay(5.minutes)
            results shouldContainExactly listOf("in time", "late")
            first.health().staleResults shouldBe 1
            first.health().isHealthy shouldBe true
            store.find(handle.cid)!!.response shouldBe Payload("in time".toByteArray(), "text")
        }
    }

    test("a result that comes too late is logged once, and not as a warning") {
        lateinit var cid: String
        val log =
            logOf {
                runTest {
                    val store = memory()
                    val queue =
                        RetryQueue.on(store) {
                            handle(charge) {
                                // Another worker settles it in the meantime.
                                store.settle(listOf(store.find(call.cid)!!.succeeded()))
                                "late"
                            }
                        }
                    queue.start(backgroundScope)
                    cid = queue.enqueue(charge, "42").cid
                    delay(1.hours)
                    queue.health().staleResults shouldBe 1
                }
            }
        log shouldContainExactly listOf("FINE call=$cid belonged to another claim when it ended as SUCCEEDED; its result is discarded")
    }
})
