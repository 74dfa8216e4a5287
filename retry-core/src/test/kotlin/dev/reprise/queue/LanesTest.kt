@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.queue.model.target
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withTimeout
import java.io.IOException
import kotlin.time.Duration.Companion.milliseconds
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
