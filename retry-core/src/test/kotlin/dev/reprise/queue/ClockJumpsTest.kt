@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.queue.model.target
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallCounters
import dev.reprise.queue.spi.CallStore
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** [memory] as it is for one of several processes: with a clock of its own, which never jumps. */
private fun TestScope.process(memory: CallStore): CallStore =
    object : CallStore by memory {
        override val isShared: Boolean get() = true
        override val clock = CallClock { currentTime }
    }

class ClockJumpsTest : FunSpec({
    for (jump in listOf(25.seconds, -25.seconds, 1.hours, -1.hours)) {
        test("after the clock of the store has jumped by $jump, no living worker is considered dead, and the dead ones are") {
            runTest {
                var storeAhead = 1.hours * 24
                val memory = InMemoryCallStore { currentTime + storeAhead.inWholeMilliseconds }
                val log = ArrayList<String>()
                val queues =
                    List(2) {
                        RetryQueue.on(process(memory)) {
                            handle(charge) {
                                log += "$it begins"
                                delay(2.minutes)
                                "paid".also { _ -> log += "$it ends" }
                            }
                        }
                    }
                queues.forEach { it.start(backgroundScope) }
                val handle = queues[0].enqueue(charge, "a")
                delay(33.seconds)
                val lost = queues[0].enqueue(target("elsewhere"), "b")
                Hand(memory).join().claim("elsewhere").size shouldBe 1
                storeAhead += jump
                val jumpedAt = currentTime
                while (memory.find(lost.cid)!!.counters.crashes == 0) delay(100.milliseconds)
                // The next look, the time of one lease, and the look that judges.
                (currentTime - jumpedAt in 20_000..30_000) shouldBe true
                handle.await() shouldBe "paid"
                queues[0].find(handle.cid)!!.counters shouldBe CallCounters(claims = 1, attempts = 1)
                log shouldContainExactly listOf("a begins", "a ends")
                queues.map { it.health().clockJumps } shouldContainExactly listOf(1L, 1L)
                queues.map { it.health().lostLeases } shouldContainExactly listOf(0L, 0L)
            }
        }
    }

    test("a clock that drifts by less than two seconds between two looks is trusted") {
        runTest {
            var storeAhead = 0L
            val memory = InMemoryCallStore { currentTime + storeAhead }
            val queue = RetryQueue.on(process(memory)) { handle(charge) { "paid" } }
            queue.start(backgroundScope)
            repeat(60) {
                delay(5.5.seconds)
                storeAhead += 1_900
            }
            queue.health().clockJumps shouldBe 0
        }
    }

    test("a process that has just started gives the others the time of one lease before it considers them dead") {
        runTest {
            val memory = InMemoryCallStore { currentTime }
            val lost = RetryQueue.on(memory).enqueue(target("elsewhere"), "a")
            Hand(memory).join().claim("elsewhere").size shouldBe 1
            delay(1.hours)
            val startedAt = currentTime
            RetryQueue.on(process(memory)) { handle(charge) { "paid" } }.start(backgroundScope)
            while (memory.find(lost.cid)!!.counters.crashes == 0) delay(100.milliseconds)
            (currentTime - startedAt in 20_000..20_350) shouldBe true
        }
    }
})
