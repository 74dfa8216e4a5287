@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.RetryPolicies
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.InvokeResult
import dev.reprise.queue.model.QueueClosedException
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.CallCounters
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.ClaimResult
import dev.reprise.queue.spi.LeaseJudgement
import dev.reprise.queue.spi.LeaseRenewal
import dev.reprise.queue.spi.LeaseSweep
import dev.reprise.queue.spi.OrphanedCalls
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import java.util.concurrent.CountDownLatch
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** A store whose database swallows packets: an operation ends, and fails, when the network gives up, and cannot be cancelled before. */
private class SwallowingStore(
    private val real: CallStore,
) : CallStore by real {
    var swallows = false
    override val isShared: Boolean get() = true

    override suspend fun claim(request: ClaimRequest): ClaimResult = answered { real.claim(request) }

    override suspend fun settle(batch: List<Settlement>): List<SettleResult> = answered { real.settle(batch) }

    override suspend fun claimedBy(owner: String): List<StoredCall> = answered { real.claimedBy(owner) }

    override suspend fun renewLease(
        nonce: String,
        validMillis: Long,
        inFlight: Int,
        hung: Int,
    ): LeaseRenewal? = answered { real.renewLease(nonce, validMillis, inFlight, hung) }

    override suspend fun closeLease(nonce: String): Unit = answered { real.closeLease(nonce) }

    override suspend fun sweep(sweep: LeaseSweep): LeaseJudgement = answered { real.sweep(sweep) }

    override suspend fun orphans(
        after: String?,
        limit: Int,
    ): OrphanedCalls = answered { real.orphans(after, limit) }

    private suspend fun <T> answered(work: suspend () -> T): T {
        if (swallows) {
            withContext(NonCancellable) { delay(35.seconds) }
            away()
        }
        return work()
    }
}

class ShutdownTest : FunSpec({
    test("shutdown lets running handlers end, releases other calls without counting them, and leaves nothing running") {
        runTest {
            val store = memory()
            val queue =
                RetryQueue.on(store) {
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

    test("the queue ends with the scope it was started in, and releases its calls") {
        runTest {
            val queue = RetryQueue.on(memory()) { handle(charge) { awaitCancellation() } }
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

    test("calls that end while the queue stops are settled, and the lease is released last") {
        runTest {
            val order = ArrayList<String>()
            val memory = memory()
            val store =
                object : CallStore by memory {
                    override suspend fun claim(request: ClaimRequest): ClaimResult = memory.claim(request)

                    override suspend fun settle(batch: List<Settlement>): List<SettleResult> {
                        delay(100.milliseconds)
                        order += batch.map { "settle ${it.to}" }
                        return memory.settle(batch)
                    }

                    override suspend fun closeLease(nonce: String) {
                        order += "closeLease"
                        memory.closeLease(nonce)
                    }
                }
            val queue =
                RetryQueue.on(store) {
                    handle(charge) {
                        delay(it.toInt().seconds)
                        "done"
                    }
                }
            queue.start(backgroundScope)
            queue.enqueueAll(charge, listOf("1", "5", "60"))
            delay(500.milliseconds)
            queue.shutdown(grace = 10.seconds)
            order shouldContainExactly listOf("settle SUCCEEDED", "settle SUCCEEDED", "settle READY", "closeLease")
        }
    }

    test("a shutdown ends in time, whatever the store swallows") {
        runTest {
            val store = SwallowingStore(memory())
            val queue =
                RetryQueue.on(store) {
                    handle(charge) { "done".also { _ -> delay(1.seconds) } }
                    pollInterval = 100.milliseconds
                }
            queue.start(backgroundScope)
            queue.enqueueAll(charge, List(30) { "$it" })
            delay(500.milliseconds)
            store.swallows = true
            delay(500.milliseconds)
            val begun = currentTime
            queue.shutdown(5.seconds)
            (currentTime - begun) shouldBeLessThan 15_100
        }
    }

    test("the call of a handler that ignores its cancellation is settled without it and reported") {
        runTest {
            val queue =
                RetryQueue.on(memory()) {
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

    test("a caller that makes the first attempt itself gets the grace period of a shutdown, and its result") {
        runTest {
            val queue = RetryQueue.on(memory()) { handle(charge) { delay(10.seconds).let { "done" } } }
            queue.start(backgroundScope)
            val answer = async { queue.invokeOrDefer(charge, "a", persistFirst = true) }
            delay(1.seconds)
            queue.shutdown(30.seconds)
            currentTime shouldBe 10_000
            answer.await() shouldBe InvokeResult.Completed("done")
        }
    }

    test("a first attempt that a shutdown cancels is left to the queue") {
        runTest {
            val queue = RetryQueue.on(memory()) { handle(charge) { awaitCancellation() } }
            queue.start(backgroundScope)
            val answer = async { queue.invokeOrDefer(charge, "a", persistFirst = true) }
            delay(1.seconds)
            queue.shutdown(1.seconds)
            answer.await().shouldBeInstanceOf<InvokeResult.Deferred>()
            queue.counts() shouldContainExactly listOf(CallCount("charge", CallState.READY, 1))
        }
    }

    test("during the grace period a handler can enqueue further calls and invoke others") {
        runTest {
            val next = target("next")
            lateinit var queue: RetryQueue
            queue =
                RetryQueue.on(memory()) {
                    handle(charge) {
                        delay(5.seconds)
                        enqueueOnce("next", next, it)
                        queue.invokeOrDefer(next, it) shouldBe InvokeResult.Completed(it)
                        queue.invokeOrDefer(next, it, persistFirst = true) shouldBe InvokeResult.Completed(it)
                        queue.invoke(next, "done")
                    }
                    handle(next) { it }
                }
            queue.start(backgroundScope)
            val handle = queue.enqueue(charge, "a") { policy(RetryPolicies.zato(1, seconds = 1)) }
            delay(1.seconds)
            queue.shutdown(30.seconds)
            queue.find(handle.cid)!!.state shouldBe CallState.SUCCEEDED
            queue.counts() shouldContain CallCount("next", CallState.READY, 1)
            shouldThrow<QueueClosedException> { queue.enqueue(next, "b") }
        }
    }

    test("the call of a handler that blocks its thread from the start is settled without it when the grace period ends") {
        val mayEnd = CountDownLatch(1)
        val scope = CoroutineScope(Dispatchers.IO)
        val queue =
            RetryQueue.on(InMemoryCallStore()) {
                handle(charge) {
                    mayEnd.await()
                    "late"
                }
            }
        queue.start(scope)
        val handle =
            queue.enqueue(charge, "a") {
                policy {
                    maxAttempts(1)
                    // Long enough for the handler to start: an attempt that is cancelled before leaves no handler hanging.
                    attemptTimeout(500.milliseconds)
                }
            }
        handle.awaitEnd().deadReason shouldBe DeadReason.EXHAUSTED
        queue.health().hungHandlers shouldBe 1
        mayEnd.countDown()
        queue.shutdown()
        scope.cancel()
    }
})
