package dev.reprise.temporal

import dev.reprise.queue.HandlerRegistry
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.target
import io.grpc.ClientInterceptor
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.withContext
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private val charge = target("charge")
private val SHORT = 500.milliseconds

private suspend fun inRealTime(
    settings: RetryQueueBuilder.() -> Unit,
    interceptor: ClientInterceptor? = null,
    story: suspend Host.() -> Unit,
): Unit =
    Host(HandlerRegistry.of(settings), skipsTime = false, { setGrpcClientInterceptors(listOfNotNull(interceptor)) }).use { it.story() }

class WorkersTest : FunSpec({
    test("a worker that stops in the middle of an attempt releases it, and another worker makes it again") {
        val starts = AtomicInteger()
        val running = CompletableDeferred<Unit>()
        inRealTime({
            handle(charge) {
                if (starts.incrementAndGet() == 1) {
                    running.complete(Unit)
                    awaitCancellation()
                }
                "charged in attempt $attempt"
            }
        }) {
            val first = startWorker(Host.UNCACHED)
            val handle = queue.enqueue(charge, "42 EUR")
            running.await()
            startWorker(Host.UNCACHED)
            first.stop(grace = Duration.ZERO)
            handle.await() shouldBe "charged in attempt 1"
            val call = queue.find(handle.cid)!!
            listOf(call.attempts, call.crashes, call.claims, starts.get()) shouldBe listOf(1, 0, 2, 2)
        }
    }

    test("a handler that returns within the grace of a worker that stops is not taken for dead meanwhile") {
        val starts = AtomicInteger()
        val running = CompletableDeferred<Unit>()
        inRealTime({
            handle(charge) {
                starts.incrementAndGet()
                running.complete(Unit)
                delay(SHORT * 4)
                "charged in attempt $attempt"
            }
        }) {
            val first = startWorker(Host.UNCACHED, SHORT)
            val handle = queue.enqueue(charge, "42 EUR")
            running.await()
            startWorker(Host.UNCACHED, SHORT)
            first.stop(grace = 30.seconds)
            handle.await() shouldBe "charged in attempt 1"
            val call = queue.find(handle.cid)!!
            listOf(call.attempts, call.crashes, starts.get()) shouldBe listOf(1, 0, 1)
        }
    }

    test("a handler that ignores that its worker stops is a crash, and another worker makes the attempt again") {
        val starts = AtomicInteger()
        val running = CompletableDeferred<Unit>()
        val mayEnd = CompletableDeferred<Unit>()
        inRealTime({
            handle(charge) {
                if (starts.incrementAndGet() == 1) {
                    running.complete(Unit)
                    withContext(NonCancellable) { mayEnd.await() }
                }
                "charged in attempt $attempt"
            }
        }) {
            val first = startWorker(Host.UNCACHED, SHORT)
            val handle = queue.enqueue(charge, "42 EUR")
            running.await()
            startWorker(Host.UNCACHED, SHORT)
            first.stop(grace = Duration.ZERO, last = 100.milliseconds)
            handle.await() shouldBe "charged in attempt 1"
            mayEnd.complete(Unit)
            val call = queue.find(handle.cid)!!
            listOf(call.attempts, call.crashes, starts.get()) shouldBe listOf(1, 1, 2)
        }
    }

    test("an attempt without heartbeats is made again, and its handler is cancelled as soon as a heartbeat gets through") {
        val heartbeats = LostHeartbeats()
        val starts = AtomicInteger()
        val cancelled = CompletableDeferred<String>()
        inRealTime({
            handle(charge) {
                if (starts.incrementAndGet() == 1) {
                    try {
                        awaitCancellation()
                    } catch (e: CancellationException) {
                        cancelled.complete(e.message.orEmpty())
                        throw e
                    }
                }
                "charged in attempt $attempt"
            }
        }, heartbeats) {
            startWorker(heartbeat = SHORT)
            val handle = queue.enqueue(charge, "42 EUR")
            handle.await() shouldBe "charged in attempt 1"
            heartbeats.loses = false
            cancelled.await() shouldBe "the attempt is cancelled: LEASE_LOST"
            val call = queue.find(handle.cid)!!
            listOf(call.attempts, call.crashes, starts.get()) shouldBe listOf(1, 1, 2)
        }
    }

    test("the third crash ends a call") {
        val starts = AtomicInteger()
        inRealTime({
            handle(charge) {
                starts.incrementAndGet()
                awaitCancellation()
            }
        }, LostHeartbeats()) {
            startWorker(heartbeat = SHORT)
            val end = queue.enqueue(charge, "42 EUR").awaitEnd()
            listOf(end.state, end.deadReason) shouldBe listOf(CallState.DEAD, DeadReason.CRASH_LOOP)
            listOf(end.attempts, end.crashes, starts.get()) shouldBe listOf(0, 3, 3)
        }
    }
})
