package dev.reprise.kafka

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactlyInAnyOrder
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.coroutineScope
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor
import org.apache.kafka.clients.consumer.RangeAssignor

private val protocols =
    mapOf(
        "eager" to arrayOf<Pair<String, Any>>("partition.assignment.strategy" to RangeAssignor::class.java.name),
        "cooperative" to arrayOf<Pair<String, Any>>("partition.assignment.strategy" to CooperativeStickyAssignor::class.java.name),
        "of the broker" to arrayOf<Pair<String, Any>>("group.protocol" to "consumer"),
    )

class RebalanceTest : FunSpec({
    for ((protocol, settings) in protocols) {
        test("when a member joins, the current record is finished and committed, and none is handled twice: $protocol") {
            val (entered, joining, gate) = List(3) { CompletableDeferred<Unit>() }
            val story =
                Story(partitions = 2) { value ->
                    if (value != "a1") return@Story
                    entered.complete(Unit)
                    gate.await()
                }
            Broker.send(story.topic, "a1", "a2", "a3")
            Broker.send(story.topic, "b1", "b2", "b3", partition = 1)
            val values = listOf("a1", "a2", "a3", "b1", "b2", "b3")
            story.failing = setOf("a2", "b2")
            val classic = setOf("session.timeout.ms", "heartbeat.interval.ms")
            val config = (Broker.config(story.group) + settings).filterKeys { protocol != "of the broker" || it !in classic }
            coroutineScope {
                // In one poll, and in the order of the partitions.
                val first = with(story) { consume(config) }
                entered.await()
                val second = with(story) { consume(config, onPoll = { joining.complete(Unit) }) }
                joining.await()
                gate.complete(Unit)
                story.await { lines -> values.all { value -> lines.any { it.endsWith(value) || it.endsWith("$value failed") } } }
                story.await { lines -> listOf("0:3", "1:3").all { "committed $it" in lines } }
                first.stop()
                second.stop()
                story.failing = emptySet()
                story.queue.start(this)
                story.await("call a3", "call b3")
                story.queue.shutdown()
            }
            val completed = story.lines.filter { it.matches(Regex("(here|call) [ab][123]")) }.map { it.substringAfter(' ') }
            completed shouldContainExactlyInAnyOrder values
            completed.filter { it.startsWith("a") } shouldBe listOf("a1", "a2", "a3")
            completed.filter { it.startsWith("b") } shouldBe listOf("b1", "b2", "b3")
        }
    }
})
