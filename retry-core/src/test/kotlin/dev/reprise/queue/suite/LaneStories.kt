package dev.reprise.queue.suite

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.Diagnosis
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.delay
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.milliseconds

/** Lanes, their limits and their pauses. */
internal val laneStories =
    stories {
        story("no call of a paused lane starts until it is resumed, and other lanes run", { world ->
            handle(charge, lane = "payments") { "paid $it".also { _ -> world.log += it } }
            handle(refund) { "refunded" }
        }) {
            queue.pause("payments")
            val handles = queue.enqueueAll(charge, listOf("1", "2"))
            queue.why(handles[0].cid).reason shouldBe Diagnosis.Reason.PAUSED
            queue.enqueue(refund, "42").await() shouldBe "refunded"
            handles.map { queue.find(it.cid)!!.state } shouldContainExactly List(2) { CallState.READY }
            log.shouldBeEmpty()
            queue.resume("payments")
            handles.map { it.await() } shouldContainExactly listOf("paid 1", "paid 2")
        }

        story("a call that runs when its lane is paused ends as usual", { world ->
            handle(charge) { "paid".also { world.gate.await() } }
        }) {
            val running = queue.enqueue(charge, "42")
            until { queue.find(running.cid)!!.state == CallState.RUNNING }
            queue.pause("default")
            queue.pause("default")
            gate.complete(Unit)
            running.await() shouldBe "paid"
            queue.resume("default")
            queue.enqueue(charge, "43").await() shouldBe "paid"
        }

        story("a lane and a handler run no more calls at a time than their limits allow", { world ->
            lane("payments") { concurrency = 3 }
            val now = AtomicInteger()

            suspend fun busy(name: String): String {
                world.log += "$name ${now.incrementAndGet()}"
                delay(5.milliseconds)
                now.decrementAndGet()
                return ""
            }
            handle(charge, lane = "payments") { busy("charge") }
            handle(refund, concurrency = 2) { busy("refund") }
        }) {
            queue.enqueueAll(charge, List(12) { "" }).forEach { it.await() }
            queue.enqueueAll(refund, List(8) { "" }).forEach { it.await() }
            log.groupBy({ it.substringBefore(' ') }, { it.substringAfter(' ').toInt() }).mapValues { it.value.max() } shouldBe
                mapOf("charge" to 3, "refund" to 2)
        }
    }
