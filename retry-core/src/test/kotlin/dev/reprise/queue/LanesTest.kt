@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.ClaimResult
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.longs.shouldBeLessThan
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withTimeout
import java.io.IOException
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class LanesTest : FunSpec({
    test("calls of one order run one after the other while others pass") {
        runTest {
            val log = ArrayList<String>()
            val queue =
                RetryQueue.on(memory()) {
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

    test("a lane and a handler each run as many calls as their limits allow") {
        runTest {
            var now = 0
            var most = 0
            val queue =
                RetryQueue.on(memory()) {
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

    test("calls that were claimed ahead of an idle worker's are left to it when they turn out to be slow") {
        runTest {
            val store = memory()
            val startedAt = ArrayList<Long>()

            fun queue() =
                RetryQueue.on(store) {
                    handle(charge) {
                        if (it == "slow") {
                            startedAt += currentTime
                            delay(5.seconds)
                        }
                        it
                    }
                }
            val busy = queue()
            busy.start(backgroundScope)
            busy.enqueueAll(charge, List(3000) { "quick" }).forEach { it.await() }
            val begun = currentTime
            val handles = busy.enqueueAll(charge, List(200) { "slow" })
            delay(100.milliseconds)
            queue().start(backgroundScope)
            handles.forEach { it.await() }
            // Twenty at a time from the second second on.
            (startedAt.max() - begun) shouldBeLessThan 55_000
        }
    }

    test("an idle lane of a shared store looks for calls, and claims when one is reported or due") {
        runTest {
            val log = ArrayList<String>()
            val memory = memory()
            val store =
                object : CallStore by memory {
                    override val isShared get() = true

                    override suspend fun claim(request: ClaimRequest): ClaimResult =
                        memory.claim(request).also {
                            log += "$currentTime: ${if (request.looksFirst) "looks" else "claims"} ${it.calls.size}"
                        }
                }
            val queue = RetryQueue.on(store) { handle(charge) { "paid" } }
            queue.start(backgroundScope)
            delay(2_500.milliseconds)
            // By another process, in a moment and in half a second.
            memory.enqueue(listOf(newCall(), newCall { copy(delayMillis = 500) }))
            delay(3.seconds)
            log shouldContainExactly
                listOf(
                    "0: claims 0",
                    "1000: looks 0",
                    "2000: looks 0",
                    "2500: claims 1",
                    "2510: claims 0",
                    "3000: claims 1",
                    "3010: claims 0",
                    "4010: looks 0",
                    "5010: looks 0",
                )
        }
    }

    test("nothing of a paused lane starts after the pause, though it was claimed before") {
        runTest {
            val store = memory()
            val startedAt = ArrayList<Long>()

            fun queue() =
                RetryQueue.on(store) {
                    handle(charge) {
                        startedAt += currentTime
                        delay(if (it == "slow") 5.seconds else 1.milliseconds)
                        it
                    }
                }
            val queue = queue()
            queue.start(backgroundScope)
            queue.enqueueAll(charge, List(3000) { "quick" }).forEach { it.await() }
            queue.enqueueAll(charge, List(200) { "slow" })
            delay(500.milliseconds)
            startedAt.clear()
            queue.pause("default")
            delay(1.minutes)
            startedAt.shouldBeEmpty()
            queue.counts() shouldContain CallCount("charge", CallState.READY, 190)
            queue.resume("default")
            delay(1.minutes)
            queue.counts() shouldContain CallCount("charge", CallState.SUCCEEDED, 3120)
            // In another process it takes a renewal of the lease.
            RetryQueue.on(store).pause("default")
            delay(5.seconds)
            startedAt.clear()
            delay(1.minutes)
            startedAt.shouldBeEmpty()
        }
    }

    test("a call that is cancelled before its claim has started is not attempted") {
        runTest {
            var attempts = 0
            val queue =
                RetryQueue.on(memory()) {
                    handle(charge) {
                        attempts++
                        delay(if (it == "slow") 500.milliseconds else 1.milliseconds)
                        it
                    }
                }
            queue.start(backgroundScope)
            queue.enqueueAll(charge, List(3000) { "quick" }).forEach { it.await() }
            attempts = 0
            val handles = queue.enqueueAll(charge, List(20) { "slow" })
            delay(100.milliseconds)
            handles.forEach { it.cancel() }
            handles.map { it.awaitEnd().state }.toSet() shouldBe setOf(CallState.CANCELLED)
            attempts shouldBe 10
        }
    }

    test("a lane can be without a limit") {
        runTest {
            val queue =
                RetryQueue.on(memory()) {
                    handle(charge) { it }
                    lane("default") { concurrency = Int.MAX_VALUE }
                }
            queue.start(backgroundScope)
            for (text in listOf("a", "b", "c")) withTimeout(1.seconds) { queue.enqueue(charge, text).await() shouldBe text }
        }
    }
})
