package dev.reprise.restate

import dev.reprise.RetryPolicies
import dev.reprise.queue.HandlerRegistry
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.CallQueue
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.QueueClosedException
import dev.reprise.queue.model.TransactionalCallQueue
import dev.reprise.queue.model.target
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldStartWith
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.delay
import kotlinx.coroutines.withContext
import java.io.IOException
import java.time.Instant
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

private val charge = target("charge")

/** Fails until [attempts] were made. */
private fun failing(attempts: Int): RetryQueueBuilder.() -> Unit =
    {
        policy { every(1.hours).maxAttempts(5) }
        handle(charge) { if (attempt < attempts) throw IOException("down") else "paid in attempt $attempt" }
    }

class RestateStoriesTest : FunSpec({
    val server = RestateServer()
    beforeSpec { server.start() }
    afterSpec { server.close() }

    test("a call that waits is made due at once, or at another time, and one that has ended is not") {
        server.hosted(failing(attempts = 3)) {
            val handle = queue.enqueue(charge, "42 EUR")
            awaitCall(handle.cid) { it.failures == 1 }
            queue.retryNow(handle.cid) shouldBe true
            awaitCall(handle.cid) { it.failures == 2 }
            queue.reschedule(handle.cid, Instant.now()) shouldBe true
            handle.await() shouldBe "paid in attempt 3"
            queue.retryNow(handle.cid) shouldBe false
            queue.reschedule("nonsense", Instant.now()) shouldBe false
        }
    }

    test("a call with another policy keeps its attempts, and is judged by it from then on") {
        server.hosted(failing(attempts = 9)) {
            val handle = queue.enqueue(charge, "42 EUR")
            awaitCall(handle.cid) { it.failures == 1 }
            queue.policy(handle.cid, RetryPolicies.zato(2, seconds = 1)) shouldBe true
            queue.retryNow(handle.cid)
            handle.awaitEnd().run { "$state $attempts" } shouldBe "DEAD 2"
            queue.policy(handle.cid, RetryPolicies.zato(2, seconds = 1)) shouldBe false
        }
    }

    test("a dead call of an order that is unblocked lets those behind it run, and stays dead") {
        server.hosted({ handle(charge) { if (it == "bad") reject("bad") else "paid" } }) {
            val (bad, behind) = queue.enqueueAll(charge, listOf("bad", "good")) { orderKey = "customer 7/ä" }
            bad.awaitEnd().state shouldBe CallState.DEAD
            queue.unblock(bad.cid) shouldBe true
            behind.await() shouldBe "paid"
            queue.find(bad.cid)!!.state shouldBe CallState.DEAD
            queue.unblock(behind.cid) shouldBe false
        }
    }

    test("keys have any characters, and are those of one call") {
        val gate = CompletableDeferred<Unit>()
        server.hosted({ handle(charge) { "paid".also { gate.await() } } }) {
            val key = "it's 100% + ä/42"
            val first = queue.enqueue(charge, "1") { uniqueKey = key }
            queue.enqueue(charge, "2") { uniqueKey = key }.cid shouldBe first.cid
            queue.enqueue(charge, "3") { uniqueKey = "it's 100% + ä 42" }.isNew shouldBe true
            queue.findUnique(key)!!.cid shouldBe first.cid
            queue.enqueue(charge, "4") { orderKey = key }
            queue.liveOrderKeys(setOf(key, "other")) shouldBe setOf(key)
            gate.complete(Unit)
        }
    }

    test("a call with an id of its own is accepted once, whether it has ended or not") {
        val calls = AtomicInteger()
        server.hosted({ handle(charge) { "paid $it".also { calls.incrementAndGet() } } }) {
            val cid =
                queue
                    .enqueue(charge, "first")
                    .also { it.await() }
                    .cid
                    .reversed()
            val handles = List(3) { queue.enqueueAs(cid, charge, "outbox $it") { orderKey = "k" }.also { handle -> handle.await() } }
            handles.map { it.isNew } shouldContainExactly listOf(true, false, false)
            handles.map { it.await() }.toSet() shouldBe setOf("paid outbox 0")
            calls.get() shouldBe 2
            shouldThrow<IllegalArgumentException> { queue.enqueueAs("no/id", charge, "") }
        }
    }

    test("a lane runs no more attempts at a time in a process than its concurrency") {
        val now = AtomicInteger()
        val most = AtomicInteger()
        val busy: RetryQueueBuilder.() -> Unit = {
            lane("payments") { concurrency = 3 }
            handle(charge, lane = "payments") {
                most.accumulateAndGet(now.incrementAndGet()) { one, other -> maxOf(one, other) }
                delay(10.milliseconds)
                now.decrementAndGet()
                ""
            }
        }
        server.hosted(busy) {
            queue.enqueueAll(charge, List(20) { "" }).forEach { it.await() }
            most.get() shouldBeLessThanOrEqual 3
        }
    }

    test("what waits for a slot is cancelled at once, and never calls its handler") {
        val gate = CompletableDeferred<Unit>()
        val log = CopyOnWriteArrayList<String>()
        val one: RetryQueueBuilder.() -> Unit = {
            lane("default") { concurrency = 1 }
            handle(charge) { "paid".also { _ -> log += it }.also { gate.await() } }
        }
        server.hosted(one) {
            val first = queue.enqueue(charge, "first")
            awaitCall(first.cid) { log.isNotEmpty() }
            val waiting = queue.enqueue(charge, "waiting")
            awaitCall(waiting.cid) { it.state == CallState.RUNNING }
            waiting.cancel() shouldBe CancelResult.REQUESTED
            waiting.awaitEnd().run { "$state $attempts" } shouldBe "CANCELLED 0"
            gate.complete(Unit)
            first.await()
            queue.enqueue(charge, "last").await()
            log shouldContainExactly listOf("first", "last")
        }
    }

    test("a handler that does not react to its cancellation is not waited for after the second one") {
        val started = CompletableDeferred<Unit>()
        val gate = CompletableDeferred<Unit>()
        val stubborn: RetryQueueBuilder.() -> Unit = {
            handle(charge) {
                started.complete(Unit)
                withContext(NonCancellable) { gate.await() }
                "paid"
            }
        }
        server.hosted(stubborn) {
            val handle = queue.enqueue(charge, "42 EUR")
            started.await()
            handle.cancel() shouldBe CancelResult.REQUESTED
            handle.cancel() shouldBe CancelResult.CANCELLED
            handle.awaitEnd().state shouldBe CallState.CANCELLED
            gate.complete(Unit)
        }
    }

    test("a worker that stops cancels what runs after its grace, and another one makes the attempt again, uncounted") {
        val starts = AtomicInteger()
        val waiting: RetryQueueBuilder.() -> Unit = {
            handle(charge) { "start ${starts.incrementAndGet()}, attempt $attempt".also { _ -> if (starts.get() == 1) delay(10.minutes) } }
        }
        val host = Host(server, HandlerRegistry.of(waiting))
        val first = host.startWorker()
        val handle = host.queue.enqueue(charge, "42 EUR")
        host.awaitCall(handle.cid) { starts.get() == 1 }
        first.stop(Duration.ZERO)
        val second = host.startWorker()
        handle.await() shouldBe "start 2, attempt 1"
        host.queue.find(handle.cid)!!.run { "$attempts $crashes" } shouldBe "1 0"
        second.stop(Duration.ZERO)
        host.close()
    }

    test("what Restate cannot do is refused, and the message names the way round") {
        server.hosted({ handle(charge) { it } }) {
            val refused: List<suspend () -> Any?> = listOf({ queue.pause("default") }, { queue.resume("default") })
            refused.forEach {
                val refusal = shouldThrow<UnsupportedOperationException> { it() }
                refusal.message!! shouldStartWith "Restate sends what is due, and a lane has no pause: "
            }
            ((queue as CallQueue) is TransactionalCallQueue) shouldBe false
            queue.close()
            shouldThrow<QueueClosedException> { queue.enqueue(charge, "43 EUR") }
        }
    }

    test("a handler with a concurrency of its own is refused") {
        val host = Host(server, HandlerRegistry.of { handle(charge, concurrency = 2) { it } })
        shouldThrow<IllegalArgumentException> { RestateWorker(host.queue) }.message shouldBe
            "the handler 'charge' has a concurrency of its own, which is not counted here: give it a lane of its own"
        host.close()
    }
})
