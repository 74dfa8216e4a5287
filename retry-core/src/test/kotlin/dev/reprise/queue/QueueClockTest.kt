@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.CallCounters
import dev.reprise.queue.spi.CallStore
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.io.IOException
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** The same store, as a worker sees it whose own clock is off. */
private fun CallStore.seenFrom(
    offset: Duration,
    scope: TestScope,
): CallStore =
    object : CallStore by this {
        override val clock = CallClock { scope.currentTime + offset.inWholeMilliseconds }
    }

class QueueClockTest : FunSpec({
    for (offset in listOf(1.hours, -(1.hours))) {
        test("a worker whose clock is off by $offset neither starts early, nor gives up late, nor takes calls that others have claimed") {
            runTest {
                val store = memory()
                val log = ArrayList<String>()

                fun worker(
                    name: String,
                    offset: Duration,
                ) = RetryQueue.on(store.seenFrom(offset, this)) {
                    handle(charge) {
                        log += "$name $it at $currentTime"
                        if (it == "long") delay(10.minutes)
                        if (it == "endless") awaitCancellation()
                        "done"
                    }
                    lane("default") { concurrency = 2 }
                }
                val right = worker("right", Duration.ZERO)
                right.start(backgroundScope)
                val long = right.enqueue(charge, "long")
                delay(1.seconds)
                right.shutdown(grace = Duration.ZERO)
                val wrong = worker("wrong", offset)
                wrong.start(backgroundScope)
                val later = wrong.enqueue(charge, "later") { delay = 5.minutes }
                val endless = wrong.enqueue(charge, "endless") { deadline = Instant.ofEpochMilli(120_000) }
                val helper = worker("helper", Duration.ZERO)
                helper.start(backgroundScope)
                endless.awaitEnd().run { deadReason to endedAt?.toEpochMilli() } shouldBe (DeadReason.EXPIRED to 120_000L)
                later.await() shouldBe "done"
                long.awaitEnd().counters shouldBe CallCounters(claims = 2, attempts = 1)
                log.map { it.substringAfter(' ') } shouldContainExactly
                    listOf("long at 0", "long at 1000", "endless at 1000", "later at 301000")
            }
        }
    }

    test("every timer starts with the current attempt and not when the call was enqueued") {
        runTest {
            val log = ArrayList<String>()
            val queue =
                RetryQueue.on(memory()) {
                    handle(charge) {
                        log += "begins at ${currentTime / 1000}, may take $remaining"
                        if (attempt < 3) throw IOException("down") else awaitCancellation()
                    }
                }
            val handle =
                queue.enqueue(charge, "42") {
                    delay = 2.hours
                    policy {
                        every(1.hours)
                        maxAttempts(3)
                        attemptTimeout(10.seconds)
                    }
                }
            delay(1.hours)
            queue.start(backgroundScope)
            handle.awaitEnd().deadReason shouldBe DeadReason.EXHAUSTED
            log shouldContainExactly
                listOf(
                    "begins at 7200, may take 10s",
                    "begins at 10800, may take 10s",
                    "begins at 14400, may take 10s",
                )
            currentTime shouldBe 14_410_000
        }
    }

    test("the time a policy allows starts with the first claim, however late that is") {
        runTest {
            val queue = RetryQueue.on(memory()) { handle(charge) { throw IOException("down") } }
            val handle =
                queue.enqueue(charge, "42") {
                    policy {
                        every(1.hours)
                        maxDuration(150.minutes)
                    }
                }
            delay(24.hours)
            queue.start(backgroundScope)
            val call = handle.awaitEnd()
            call.counters.attempts shouldBe 3
            call.endedAt?.toEpochMilli() shouldBe 26.hours.inWholeMilliseconds
        }
    }
})
