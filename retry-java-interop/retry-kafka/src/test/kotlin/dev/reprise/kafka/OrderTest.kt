package dev.reprise.kafka

import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.coroutineScope
import org.apache.kafka.clients.consumer.CommitFailedException
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit

/** What can die, or come too late, between handling a record, storing it and committing it. */
class OrderTest : FunSpec({
    test("a process that dies after storing and before committing leaves the order as it is, and nothing twice") {
        val story = Story()
        Broker.send(story.topic, "a1", "a2", "b1")
        story.failing = setOf("a1")
        story.crashAt(3)
        story.lines shouldContainExactly listOf("here a1 failed", "here b1", "committed 0:0", "stored a1", "stored a2")

        story.failing = emptySet()
        coroutineScope {
            val next = with(story) { consume() }
            story.await("committed 0:3")
            story.queue.start(this)
            story.await("call a2")
            next.stop()
            story.queue.shutdown()
        }
        story.lines.drop(5) shouldContainExactly
            listOf("here b1", "committed 0:0", "known a1", "known a2", "committed 0:3", "call a1", "call a2")
    }

    test("calls that have ended when their records come again are not handled again") {
        val story = Story()
        Broker.send(story.topic, "a1", "a2")
        story.failing = setOf("a1")
        story.crashAt(2)
        coroutineScope {
            story.failing = emptySet()
            story.queue.start(this)
            story.await("call a2")
            story.queue.stopWorking()
        }
        story.queue
            .findUnique("kafka/${story.group}/${story.topic}/0/1")
            ?.state
            ?.isEnd shouldBe true
        val before = story.lines.size
        coroutineScope {
            val next = with(story) { consume() }
            story.await("committed 0:2")
            next.stop()
        }
        story.lines.drop(before) shouldContainExactly listOf("committed 0:0", "known a1", "known a2", "committed 0:2")
    }

    test("what was handled is committed before a later record of its key is stored, so that it never comes again behind that") {
        val story = Story()
        Broker.send(story.topic, "a1", "b1", "a2", "a3")
        story.failing = setOf("a2")
        story.crashAt(4)
        story.lines shouldContainExactly
            listOf("here a1", "here b1", "here a2 failed", "committed 0:2", "committed 0:2", "stored a2", "stored a3")

        story.failing = emptySet()
        coroutineScope {
            val next = with(story) { consume() }
            story.await("committed 0:4")
            story.queue.start(this)
            story.await("call a3")
            next.stop()
            story.queue.shutdown()
        }
        story.lines.filter { it.startsWith("here") || it.startsWith("call") } shouldContainExactly
            listOf("here a1", "here b1", "here a2 failed", "call a2", "call a3")
    }

    test("a member that the group has taken for dead stores nothing") {
        val (entered, gate) = List(2) { CompletableDeferred<Unit>() }
        val unfrozen = CountDownLatch(1)
        var attempts = 0
        val story =
            Story {
                if (attempts++ > 0) return@Story
                entered.complete(Unit)
                gate.await()
                error("too late")
            }
        Broker.send(story.topic, "a1", "a2")
        val slow = Broker.config(story.group, "max.poll.interval.ms" to 1000)
        coroutineScope {
            val frozen = with(story) { consume(slow, onPoll = { if (entered.isCompleted) unfrozen.await(30, TimeUnit.SECONDS) }) }
            entered.await()
            val next = with(story) { consume() }
            story.await("committed 0:2")
            gate.complete(Unit)
            unfrozen.countDown()
            frozen.stop()
            next.stop()
        }
        story.lines shouldContainExactly listOf("here a1", "here a2", "committed 0:2")
    }

    test("nothing is stored before the group has confirmed its member") {
        val story = Story()
        Broker.send(story.topic, "a1")
        story.failing = setOf("a1")
        var isRefused = false
        coroutineScope {
            val member =
                with(story) {
                    consume(onCommit = {
                        if (!isRefused) story += "refused"
                        if (!isRefused) throw CommitFailedException("not now").also { isRefused = true }
                    })
                }
            story.await("committed 0:1")
            member.stop()
        }
        story.lines shouldContainExactly listOf("here a1 failed", "refused", "committed 0:0", "stored a1", "committed 0:1")
    }

    test("a consumer that is stopped while the store is down commits what was handled before the first record that fails") {
        lateinit var store: Story.LoggingStore
        val story = Story { value -> if (value == "b1") store.isDown = true }
        store = story.store
        Broker.send(story.topic, "b1", "a1", "c1")
        story.failing = setOf("a1")
        coroutineScope {
            val member = with(story) { consume() }
            story.await("the store is down")
            member.stop()
        }
        story.lines.filter { it.startsWith("here") } shouldContainExactly listOf("here b1", "here a1 failed", "here c1")
        Broker.committed(story.group, story.topic) shouldBe 1
    }

    test("while the store is down nothing is committed, the member stays in the group, and then all continues in order") {
        val story = Story()
        storeOutage(story, start = { story.store.isDown = true }, end = { story.store.isDown = false })
    }
})

/** Consumes until it would commit the offset [end], and crashes instead. */
private suspend fun Story.crashAt(end: Long) {
    shouldThrow<Crash> {
        coroutineScope { consume(onCommit = { if (it.values.any { at -> at.offset() == end }) throw Crash() }) }
    }
}
