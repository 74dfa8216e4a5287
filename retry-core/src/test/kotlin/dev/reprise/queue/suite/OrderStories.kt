package dev.reprise.queue.suite

import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.CallHandle
import dev.reprise.queue.model.CallOptions
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.Diagnosis
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.model.ReplayResult
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.delay
import java.io.IOException
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds

/** A handler that logs what it gets, waits for "slow", and rejects "bad" in its first attempt. */
private val logging: RetryQueueBuilder.(World) -> Unit = { world ->
    handle(charge) {
        world.log += it
        if (it == "slow") world.gate.await()
        if (it == "bad" && call.attempts == 0) reject("bad")
        if (it == "retried" && attempt == 1) throw IOException("down")
        "paid $it"
    }
}

private suspend fun World.ordered(
    vararg texts: String,
    block: CallOptions.(String) -> Unit = {},
): List<CallHandle<String>> =
    queue.enqueueAll(charge, texts.toList()) {
        orderKey = "account/7"
        block(it)
    }

/** Calls with the same order key. */
internal val orderStories =
    stories {
        story("calls of one order run one after the other, in the sequence of their acceptance", { world ->
            handle(charge) {
                world.log += "$it starts"
                delay(3.milliseconds)
                world.log += "$it ends"
                it
            }
        }) {
            val calls = ordered("1", "2", "3", "4") + ordered("5")
            calls.forEach { it.await() }
            log shouldContainExactly (1..5).flatMap { listOf("$it starts", "$it ends") }
        }

        story("a call that is retried holds those behind it, and calls of other orders pass", logging) {
            val (slow, behind) = ordered("slow", "behind")
            until { queue.find(slow.cid)!!.state == CallState.RUNNING }
            queue.find(behind.cid)!!.run { "$state $orderKey" } shouldBe "HELD account/7"
            queue.enqueue(charge, "other") { orderKey = "account/8" }.await()
            queue.enqueue(charge, "free").await()
            gate.complete(Unit)
            behind.await()
            ordered("retried", "last").forEach { it.await() }
            log shouldContainExactly listOf("slow", "other", "free", "behind", "retried", "retried", "last")
        }

        story("a dead call blocks its order until it is replayed", logging) {
            val (bad, behind) = ordered("bad", "behind")
            bad.awaitEnd().state shouldBe CallState.DEAD
            until { queue.why(behind.cid).reason == Diagnosis.Reason.BLOCKED }
            queue.find(behind.cid)!!.state shouldBe CallState.HELD
            queue.replay { it.cid == bad.cid } shouldBe mapOf(bad.cid to ReplayResult.REPLAYED)
            behind.await() shouldBe "paid behind"
            bad.await() shouldBe "paid bad"
            log shouldContainExactly listOf("bad", "bad", "behind")
        }

        story("a dead call that is discarded blocks its order no more", logging) {
            val (bad, behind) = ordered("bad", "behind")
            bad.awaitEnd()
            queue.discard { it.cid == bad.cid } shouldContainExactly listOf(bad.cid)
            behind.await() shouldBe "paid behind"
        }

        story("a dead call that is skipped does not block its order, and is replayed behind the others", logging) {
            val (bad, slow) = ordered("bad", "slow") { onDeadPredecessor = OnDeadPredecessor.SKIP }
            bad.awaitEnd()
            until { queue.find(slow.cid)!!.state == CallState.RUNNING }
            queue.replay { it.cid == bad.cid } shouldBe mapOf(bad.cid to ReplayResult.REPLAYED)
            queue.find(bad.cid)!!.state shouldBe CallState.HELD
            gate.complete(Unit)
            bad.await() shouldBe "paid bad"
            log shouldContainExactly listOf("bad", "slow", "bad")
        }

        story("a call that is cancelled in the middle of its order lets the next one follow", logging) {
            val (_, cancelled, last) = ordered("slow", "cancelled", "last")
            cancelled.cancel()
            queue.find(cancelled.cid)!!.state shouldBe CallState.CANCELLED
            gate.complete(Unit)
            last.await()
            log shouldContainExactly listOf("slow", "last")
        }

        story("a call of an order that is due later holds those behind it", logging) {
            val (later, behind) = ordered("later", "behind") { if (it == "later") delay = 1.hours }
            queue.find(behind.cid)!!.state shouldBe CallState.HELD
            later.cancel()
            behind.await() shouldBe "paid behind"
        }

        story("an order key is live while a call of it has not ended, or a dead one blocks it", logging) {
            val keys = (1..600).map { "other/$it" }.toSet() + "account/7"
            queue.liveOrderKeys(keys).shouldBeEmpty()
            val (slow) = ordered("slow")
            val bad = queue.enqueue(charge, "bad") { orderKey = "other/599" }.also { it.awaitEnd() }
            queue.liveOrderKeys(keys) shouldContainExactlyInAnyOrder listOf("account/7", "other/599")
            gate.complete(Unit)
            slow.await()
            queue.discard { it.cid == bad.cid }
            until { queue.liveOrderKeys(keys).isEmpty() }
        }
    }
