package dev.reprise.kafka

import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.coroutineScope

// The stories that are the same on every store.

/** The first record of a key fails until its call is made. */
internal suspend fun failingKey(story: Story) {
    Broker.send(story.topic, "a1", "b1", "a2", "b2")
    story.failing = setOf("a1")
    coroutineScope {
        val member = with(story) { consume() }
        story.await("committed 0:4")
        member.stop()

        story.lines shouldContainExactly
            listOf("here a1 failed", "here b1", "here b2", "committed 0:0", "stored a1", "stored a2", "committed 0:4")

        story.failing = emptySet()
        story.queue.start(this)
        story.await("call a2")
        story.queue.shutdown()
    }
    story.lines.drop(7) shouldContainExactly listOf("call a1", "call a2")
}

/** The store is down from [start] to [end], for longer than a member may not poll. */
internal suspend fun storeOutage(
    story: Story,
    start: suspend () -> Unit,
    end: suspend () -> Unit,
) {
    Broker.send(story.topic, "a1", "a2")
    story.failing = setOf("a1")
    start()
    coroutineScope {
        val member = with(story) { consume(Broker.config(story.group, "max.poll.interval.ms" to 1000)) }
        story.await { lines -> lines.count { it == "the store is down" } >= 4 }
        story.lines.none { it.startsWith("committed") || it.startsWith("here") } shouldBe true
        end()
        story.await("committed 0:2")
        member.stop()
    }
    story.lines.filter { it != "the store is down" } shouldContainExactly
        listOf("here a1 failed", "committed 0:0", "stored a1", "stored a2", "committed 0:2")
}
