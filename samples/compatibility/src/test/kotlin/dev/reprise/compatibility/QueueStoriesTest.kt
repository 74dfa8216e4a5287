package dev.reprise.compatibility

import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.InvokeResult
import dev.reprise.queue.model.target
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertInstanceOf
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.io.TempDir
import java.io.IOException
import java.nio.file.Path
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class QueueStoriesTest {
    private val log = Log()
    private val charge = target("charge")

    @TempDir
    lateinit var folder: Path

    private fun charges(failures: Int): (String) -> String {
        var calls = 0
        return { order ->
            log += "charge $order, call ${++calls}"
            if (calls <= failures) throw IOException("down")
            "$order paid"
        }
    }

    @Test
    fun `a call in a file is retried, and the queue shuts down`() =
        inAFile { file ->
            val gateway = charges(failures = 2)
            val queue = RetryQueue.open(file) { handle(charge) { gateway(it) } }
            val worker = queue.start(this)
            val call =
                queue.enqueue(charge, "42 EUR") {
                    policy {
                        every(1.milliseconds)
                        maxAttempts(5)
                    }
                }
            log += call.await()
            queue.shutdown(grace = 10.seconds)
            assertEquals(
                listOf("charge 42 EUR, call 1", "charge 42 EUR, call 2", "charge 42 EUR, call 3", "42 EUR paid"),
                log,
            )
            assertEquals(true, worker.isCompleted)
        }

    @Test
    fun `a call outlives the process that stored it`() =
        inAFile { file ->
            val cid = RetryQueue.open(file).run { enqueue(charge, "42 EUR").cid.also { shutdown() } }
            val queue = RetryQueue.open(file) { handle(charge) { "$it paid" } }
            queue.start(this)
            log += queue.awaitEnd(cid).state.name
            queue.shutdown()
            assertEquals(listOf("SUCCEEDED"), log)
        }

    @Test
    fun `a shutdown waits for running handlers, and releases what takes longer`() =
        inAFile { file ->
            val begun = CompletableDeferred<Unit>()
            val queue =
                RetryQueue.open(file) {
                    handle(charge) {
                        begun.complete(Unit)
                        awaitCancellation()
                    }
                }
            queue.start(this)
            val call = queue.enqueue(charge, "42 EUR")
            begun.await()
            queue.shutdown(grace = 1.milliseconds)
            val again = RetryQueue.open(file) { handle(charge) { "$it paid" } }
            log += again.find(call.cid)!!.state.name
            again.start(this)
            again.awaitEnd(call.cid)
            again.shutdown()
            assertEquals(listOf("READY"), log)
        }

    @Test
    fun `calls with one order key run one after the other`() =
        inAFile { file ->
            val queue =
                RetryQueue.open(file) {
                    handle(charge) { order ->
                        log += "$order begins"
                        delay(1.milliseconds)
                        "$order paid".also { log += "$order ends" }
                    }
                }
            queue.start(this)
            val calls = queue.enqueueAll(charge, listOf("a", "b", "c")) { orderKey = "customer 7" }
            calls.forEach { it.await() }
            queue.shutdown()
            assertEquals(listOf("a begins", "a ends", "b begins", "b ends", "c begins", "c ends"), log)
        }

    @Test
    fun `a callback receives how a call ended`() =
        inAFile { file ->
            val told = CompletableDeferred<String>()
            val queue =
                RetryQueue.open(file) {
                    handle(charge) { "$it paid" }
                    callback("charged") { told.complete("${it.context}: ${it.response}, ${it.attempts} attempt") }
                }
            queue.start(this)
            queue.enqueue(charge, "42 EUR") {
                callback("charged")
                context = "order 7"
            }
            log += told.await()
            queue.shutdown()
            assertEquals(listOf("order 7: 42 EUR paid, 1 attempt"), log)
        }

    @Test
    fun `a dead call is kept, and replayed by a repaired handler`() =
        inAFile { file ->
            val queue =
                RetryQueue.open(file) {
                    handle(charge) { throw IOException("a bug") }
                    policy { maxAttempts(1) }
                }
            queue.start(this)
            val call = queue.enqueue(charge, "42 EUR")
            log += "${call.awaitEnd()}".substringAfterLast(' ')
            log += "${queue.errors(call.cid).map { it.message }}"
            queue.replaceHandler(charge, version = 2) { "$it paid" }
            queue.replay { it.handler == "charge" }
            log += call.awaitEnd().state.name
            queue.shutdown()
            assertEquals(listOf("DEAD(EXHAUSTED))", "[a bug]", "SUCCEEDED"), log)
        }

    @Test
    fun `a second call with the same unique key is the first`() =
        inAFile { file ->
            val queue = RetryQueue.open(file) { handle(charge) { "$it paid" } }
            val calls = List(2) { queue.enqueue(charge, "42 EUR") { uniqueKey = "order 42" } }
            log += calls.map { "new ${it.isNew}" }
            log += "the same call ${calls[0].cid == calls[1].cid}"
            queue.cancel(calls[0].cid)
            log += calls[0].awaitEnd().state.name
            queue.shutdown()
            assertEquals(listOf("new true", "new false", "the same call true", "CANCELLED"), log)
        }

    @Test
    fun `invoking runs the handler at once, and defers what fails`() =
        inAFile { file ->
            val gateway = charges(failures = 1)
            val queue = RetryQueue.open(file) { handle(charge) { gateway(it) } }
            queue.start(this)
            val deferred =
                queue.invokeOrDefer(charge, "42 EUR") {
                    policy {
                        every(1.milliseconds)
                        maxAttempts(2)
                    }
                }
            assertInstanceOf(InvokeResult.Deferred::class.java, deferred)
            log += queue.awaitEnd((deferred as InvokeResult.Deferred).cid).state.name
            log += queue.invoke(charge, "7 EUR")
            queue.shutdown()
            assertEquals(
                listOf("charge 42 EUR, call 1", "charge 42 EUR, call 2", "SUCCEEDED", "charge 7 EUR, call 3", "7 EUR paid"),
                log,
            )
        }

    @Test
    fun `a handler snoozes, rejects, and enqueues once`() =
        runTest {
            val order = target("order")
            val queue =
                RetryQueue.on(InMemoryCallStore { currentTime }) {
                    handle(order) { goods ->
                        if (goods.isBlank()) reject("nothing to deliver")
                        if (currentTime < 1.hours.inWholeMilliseconds) snooze(1.hours)
                        enqueueOnce("charge", charge, goods)
                        if (attempt < 3) throw IOException("closed")
                        "done"
                    }
                    handle(charge) { "$it paid".also { line -> log += line } }
                }
            queue.start(backgroundScope)
            log += queue.enqueue(order, "42 EUR").await()
            runCurrent()
            log += queue
                .enqueue(order, " ")
                .awaitEnd()
                .state.name
            assertEquals(listOf("42 EUR paid", "done", "DEAD"), log)
        }

    @Test
    fun `three days of retries take no time in a test`() =
        runTest {
            val queue = RetryQueue.on(InMemoryCallStore { currentTime }) { handle(charge) { throw IOException("down") } }
            queue.start(backgroundScope)
            val end = queue.enqueue(charge, "42 EUR").awaitEnd()
            assertEquals(CallState.DEAD, end.state)
            assertEquals(81, end.attempts)
            assertTrue(currentTime.milliseconds >= 2.days, "$currentTime ms")
        }

    @Test
    fun `a handler that takes too long is cancelled and retried`() =
        runTest {
            val queue =
                RetryQueue.on(InMemoryCallStore { currentTime }) {
                    attemptTimeout = 1.minutes
                    handle(charge) { order ->
                        if (attempt == 1) delay(1.days)
                        "$order paid"
                    }
                }
            queue.start(backgroundScope)
            val call = queue.enqueue(charge, "42 EUR") { policy { maxAttempts(2) } }
            log += call.await()
            log += queue.errors(call.cid).map { it.type.substringAfterLast('.') }
            assertEquals(listOf("42 EUR paid", "AttemptTimeoutException"), log)
        }

    /** Real time and real threads, with a limit in case something hangs. */
    private fun inAFile(story: suspend CoroutineScope.(Path) -> Unit) =
        runBlocking { withTimeout(1.minutes) { coroutineScope { story(folder.resolve("calls.db")) } } }
}
