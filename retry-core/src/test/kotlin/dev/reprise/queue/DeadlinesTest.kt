@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.queue

import dev.reprise.queue.model.DeadReason
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.io.IOException
import java.time.Instant
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds

class DeadlinesTest : FunSpec({
    test("no attempt starts at or after the deadline, and one that is running then is cancelled") {
        runTest {
            val starts = ArrayList<Long>()
            val queue =
                RetryQueue.on(memory()) {
                    handle(charge) {
                        starts += currentTime
                        if (it == "slow") awaitCancellation() else throw IOException("down")
                    }
                }
            queue.start(backgroundScope)
            val failing =
                queue.enqueue(charge, "fast") {
                    deadline = Instant.ofEpochMilli(100_000)
                    policy {
                        every(40.seconds)
                        forever()
                    }
                }
            failing.awaitEnd().deadReason shouldBe DeadReason.EXPIRED
            currentTime shouldBe 80_000
            starts shouldContainExactly listOf(0, 40_000, 80_000)
            val slow = queue.enqueue(charge, "slow") { deadline = Instant.ofEpochMilli(100_000) }
            slow.awaitEnd().deadReason shouldBe DeadReason.EXPIRED
            currentTime shouldBe 100_000
            val delayed =
                queue.enqueue(charge, "fast") {
                    deadline = Instant.ofEpochMilli(110_000)
                    delay = 1.hours
                }
            delayed.awaitEnd().counters.attempts shouldBe 0
            currentTime shouldBe 110_000
        }
    }
})
