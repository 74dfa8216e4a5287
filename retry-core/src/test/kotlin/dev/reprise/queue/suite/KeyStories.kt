package dev.reprise.queue.suite

import dev.reprise.queue.model.CallHandle
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.ReplayResult
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeGreaterThanOrEqualTo
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

private suspend fun World.unique(
    text: String,
    time: Duration = Duration.ZERO,
): CallHandle<String> =
    queue.enqueue(charge, text) {
        uniqueKey = "order/42"
        uniqueFor = time
    }

/** Unique keys. */
internal val keyStories =
    stories {
        story("while a call has a unique key, a duplicate is not accepted and gets its handle", { world ->
            handle(charge) { "paid $it".also { world.gate.await() } }
        }) {
            val first = unique("first")
            val second = unique("second")
            second.isNew shouldBe false
            second.cid shouldBe first.cid
            queue.enqueue(charge, "other") { uniqueKey = "order/43" }.isNew shouldBe true
            gate.complete(Unit)
            second.await() shouldBe "paid first"
            unique("third").run { isNew to await() } shouldBe (true to "paid third")
        }

        story("of calls that are accepted together the first has a unique key") {
            val handles = queue.enqueueAll(charge, listOf("a", "b", "c")) { uniqueKey = if (it == "b") "k2" else "k1" }
            handles.map { it.isNew } shouldContainExactly listOf(true, true, false)
            handles.map { it.await() } shouldContainExactly listOf("paid a", "paid b", "paid a")
        }

        story("a call is found by its unique key until it has ended") {
            val handle =
                queue.enqueue(charge, "42") {
                    uniqueKey = "order/42"
                    delay = 1.hours
                }
            queue.findUnique("order/42")!!.run { "$cid $uniqueKey" } shouldBe "${handle.cid} order/42"
            handle.cancel()
            queue.findUnique("order/42").shouldBeNull()
        }

        story("a unique key is free again when its call is dead, and the dead call is not replayed while another has it", {
            handle(charge) { if (it == "bad") reject("bad") else "paid" }
        }) {
            val bad = unique("bad").also { it.awaitEnd() }
            val next =
                queue.enqueue(charge, "42") {
                    uniqueKey = "order/42"
                    delay = 1.hours
                }
            next.isNew shouldBe true
            queue.replay { it.cid == bad.cid } shouldBe mapOf(bad.cid to ReplayResult.KEY_TAKEN)
            next.cancel()
            queue.replay { it.cid == bad.cid } shouldBe mapOf(bad.cid to ReplayResult.REPLAYED)
        }

        story("a unique key that is set for a time stays taken after the end of its call") {
            val first = unique("first", time = 1.hours).also { it.await() }
            val second = unique("second")
            second.isNew shouldBe false
            second.cid shouldBe first.cid
            second.await() shouldBe "paid first"
            queue.findUnique("order/42")!!.state shouldBe CallState.SUCCEEDED
        }

        story("a unique key that is set for a time stays taken however its call has ended", {
            handle(charge) { reject("bad") }
        }) {
            val dead = unique("bad", time = 1.hours).also { it.awaitEnd() }
            unique("next").cid shouldBe dead.cid
            queue.discard { it.cid == dead.cid } shouldContainExactly listOf(dead.cid)
            unique("next").run { "$cid $isNew" } shouldBe "${dead.cid} false"
            val cancelled =
                queue.enqueue(charge, "later") {
                    uniqueKey = "k"
                    uniqueFor = 1.hours
                    delay = 1.minutes
                }
            cancelled.cancel()
            queue.enqueue(charge, "next") { uniqueKey = "k" }.cid shouldBe cancelled.cid
        }

        story("a unique key that is set for a time outlives a call that is not kept", {
            handle(charge, keepSucceeded = false) { "paid" }
        }) {
            val first = unique("first", time = 1.hours)
            until { queue.find(first.cid) == null }
            unique("second").run { "$cid $isNew" } shouldBe "${first.cid} false"
            queue.findUnique("order/42").shouldBeNull()
        }

        story("a unique key that is set for a time is free after it") {
            val first = unique("first", time = 100.milliseconds)
            val ended = first.awaitEnd().endedAt!!
            lateinit var next: CallHandle<String>
            until { unique("next").also { next = it }.isNew }
            next.awaitEnd().enqueuedAt shouldBeGreaterThanOrEqualTo ended.plusMillis(100)
        }

        story("a time without a unique key is refused, and so is one that is negative") {
            shouldThrow<InvalidCallException> { queue.enqueue(charge, "") { uniqueFor = 1.hours } }.message shouldBe
                "uniqueFor is 1h, but the call has no unique key; set uniqueKey"
            shouldThrow<InvalidCallException> { unique("", time = -1.hours) }.message shouldBe "uniqueFor must not be negative, but was -1h"
        }
    }
