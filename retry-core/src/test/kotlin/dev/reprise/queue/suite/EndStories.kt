package dev.reprise.queue.suite

import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CallFailedException
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.ReplayResult
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.awaitCancellation
import java.io.IOException
import java.util.concurrent.CopyOnWriteArraySet
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds

/** Calls that are cancelled, and what is done to dead ones. */
internal val endStories =
    stories {
        story("a call that waits is cancelled at once, and one that has ended not at all", { world ->
            handle(charge) { "paid".also { world.log += "charged" } }
        }) {
            val handle = queue.enqueue(charge, "42") { delay = 1.hours }
            handle.cancel() shouldBe CancelResult.CANCELLED
            handle.awaitEnd().run { "$state $attempts" } shouldBe "CANCELLED 0"
            shouldThrow<CallFailedException> { handle.await() }.message shouldContain "was cancelled"
            queue.cancel(handle.cid) shouldBe CancelResult.ENDED
            log.shouldBeEmpty()
        }

        story("a call that runs is cancelled by its worker, and its handler is cancelled", { world ->
            handle(charge) {
                world.log += "starts"
                try {
                    awaitCancellation()
                } catch (e: CancellationException) {
                    world.log += "is cancelled"
                    throw e
                }
            }
            callback("charged") { world.log += it.state }
        }) {
            val handle = queue.enqueue(charge, "42") { callback("charged") }
            log(1)
            handle.cancel() shouldBe CancelResult.REQUESTED
            handle.awaitEnd().state shouldBe CallState.CANCELLED
            log(3) shouldContainExactly listOf("starts", "is cancelled", "CANCELLED")
            handle.cancel() shouldBe CancelResult.ENDED
        }

        story("a call that waits for a retry is cancelled", { handle(charge) { throw IOException("down") } }) {
            val handle = queue.enqueue(charge, "42") { policy { every(1.hours).maxAttempts(3) } }
            until { queue.find(handle.cid)!!.run { state == CallState.READY && failures == 1 } }
            handle.cancel() shouldBe CancelResult.CANCELLED
            queue.find(handle.cid)!!.run { "$state $attempts" } shouldBe "CANCELLED 1"
            queue.errors(handle.cid) shouldHaveSize 1
        }

        story("dead calls are listed, the oldest first, by a filter and up to a limit", {
            handle(charge) { if (it == "good") "paid" else reject(it) }
        }) {
            val handles = queue.enqueueAll(charge, listOf("a", "good", "b", "c")).onEach { it.awaitEnd() }
            val dead = listOf(0, 2, 3).map { handles[it].cid }
            queue.deadCalls().map(Call::cid) shouldContainExactly dead
            queue.deadCalls(limit = 2).map(Call::cid) shouldContainExactly dead.take(2)
            queue.deadCalls { it.request.bytes.decodeToString() == "c" }.map(Call::cid) shouldContainExactly dead.drop(2)
            queue.deadCalls { it.handler == "refund" }.shouldBeEmpty()
        }

        story("a dry run of a replay and of a discard returns what they would change, and changes nothing", {
            handle(charge) { reject("bad") }
        }) {
            val handles = queue.enqueueAll(charge, listOf("a", "b")).onEach { it.awaitEnd() }
            queue.replay(dryRun = true) { it.cid == handles[0].cid } shouldBe mapOf(handles[0].cid to ReplayResult.REPLAYED)
            queue.discard(dryRun = true) { true } shouldContainExactlyInAnyOrder handles.map { it.cid }
            handles.map { queue.find(it.cid)!!.run { "$state $attempts" } } shouldContainExactly List(2) { "DEAD 1" }
        }

        story("a dead call that is replayed has a fresh policy and all its attempts behind it", { world ->
            val repaired = CopyOnWriteArraySet<String>()
            handle(charge) {
                world.log += "$attempt of ${call.attempts}"
                if (world.gate.isCompleted && attempt == 2) repaired += it
                if (it in repaired) "paid" else throw IOException("down")
            }
        }) {
            val handle = queue.enqueue(charge, "42") { policy { every(5.milliseconds).maxAttempts(2) } }
            handle.awaitEnd().state shouldBe CallState.DEAD
            gate.complete(Unit)
            queue.replay { true } shouldBe mapOf(handle.cid to ReplayResult.REPLAYED)
            handle.await() shouldBe "paid"
            log shouldContainExactly listOf("1 of 0", "2 of 1", "1 of 2", "2 of 3")
            queue.find(handle.cid)!!.run { "$state $deadReason $attempts $failures" } shouldBe "SUCCEEDED null 4 3"
            queue.errors(handle.cid) shouldHaveSize 3
            queue.replay { true } shouldBe emptyMap()
        }

        story("a dead call that is discarded is unknown, with all that was recorded of it", { handle(charge) { reject("bad") } }) {
            val (first, second) = queue.enqueueAll(charge, listOf("a", "b")).onEach { it.awaitEnd() }
            queue.discard { it.cid == first.cid } shouldContainExactly listOf(first.cid)
            queue.find(first.cid).shouldBeNull()
            queue.errors(first.cid).shouldBeEmpty()
            queue.deadCalls().map(Call::cid) shouldContainExactly listOf(second.cid)
            queue.counts().single().calls shouldBe 1
        }
    }
