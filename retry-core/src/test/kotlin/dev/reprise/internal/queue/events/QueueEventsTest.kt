package dev.reprise.internal.queue.events

import com.sun.management.ThreadMXBean
import dev.reprise.queue.newCall
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.accepted
import dev.reprise.queue.spi.takenBy
import dev.reprise.queue.succeeded
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.longs.shouldBeLessThan
import java.lang.management.ManagementFactory
import kotlin.time.Duration.Companion.seconds

private val threads = ManagementFactory.getThreadMXBean() as ThreadMXBean

/** What this thread allocates in [code]. */
private inline fun allocated(code: () -> Unit): Long {
    val before = threads.currentThreadAllocatedBytes
    code()
    return threads.currentThreadAllocatedBytes - before
}

class QueueEventsTest : FunSpec({
    test("without a listener the events of a call allocate nothing") {
        val events = QueueEvents(emptyList(), { 0 }) { "default" }
        val call = newCall().accepted(0, 0, isHead = true).takenBy("w", 0)
        val settlement = call.succeeded()

        fun play() {
            events.claimed(call)
            events.attemptStarted(call)
            events.attemptEnded(settlement, null, null, 1.seconds, 1)
            events.settling(settlement)
            events.settled(settlement, SettleResult.ACCEPTED, null)
        }
        repeat(20_000) { play() }
        // Less than a byte for each call: the compiler allocates something once in a while.
        allocated { repeat(20_000) { play() } } shouldBeLessThan 20_000
    }
})
