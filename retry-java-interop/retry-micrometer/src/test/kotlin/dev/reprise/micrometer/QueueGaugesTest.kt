package dev.reprise.micrometer

import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.CallStore
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.micrometer.core.instrument.simple.SimpleMeterRegistry
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.time.Instant
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

private val charge = target("charge")

class QueueGaugesTest : FunSpec({
    test("calls are counted in the store once in ten seconds, those in flight when the gauge is read") {
        val registry = SimpleMeterRegistry()
        runTest {
            var queries = 0
            val memory = InMemoryCallStore { currentTime }
            val store =
                object : CallStore by memory {
                    override suspend fun counts(): List<CallCount> = memory.counts().also { queries++ }
                }
            val queue =
                RetryQueue.on(store) {
                    lane("money") { concurrency = 1 }
                    handle(charge, lane = "money") { "paid".also { delay(1.minutes) } }
                }
            queue.start(backgroundScope)
            val gauges = QueueGauges(registry, queue, backgroundScope.coroutineContext) { Instant.ofEpochMilli(currentTime) }
            queue.enqueue(charge, "1")
            queue.enqueue(charge, "2") { delay = 5.hours }
            delay(25.seconds)
            registry.lines() shouldContainExactly
                listOf(
                    "reprise.calls.oldest.due.age{handler=charge} 0",
                    "reprise.calls{handler=charge,state=ready} 1",
                    "reprise.calls{handler=charge,state=running} 1",
                    "reprise.hung{lane=money} 0",
                    "reprise.in.flight{lane=money} 1",
                )
            queries shouldBe 3
            gauges.close()
            delay(1.hours)
            queries shouldBe 3
            registry.lines().last() shouldBe "reprise.in.flight{lane=money} 0"
        }
    }

    test("the age of the oldest due call is that of its due time, and zero where none is due") {
        val registry = SimpleMeterRegistry()
        runTest {
            val queue = RetryQueue.on(InMemoryCallStore { currentTime }) { handle(charge) { "paid" } }
            queue.enqueue(charge, "1") { delay = 10.minutes }
            queue.enqueue(charge, "2") { delay = 5.minutes }
            queue.enqueue(target("ship"), "3") { delay = 5.hours }
            val gauges = QueueGauges(registry, queue, backgroundScope.coroutineContext) { Instant.ofEpochMilli(currentTime) }

            fun ages() = registry.lines().filter { "oldest" in it }.map { it.substringAfter("handler=") }
            delay(1.seconds)
            ages() shouldContainExactly listOf("charge} 0", "ship} 0")
            delay(6.minutes)
            ages() shouldContainExactly listOf("charge} 60", "ship} 0")
            gauges.close()
        }
    }

    test("while the store is away the gauges keep their values") {
        val registry = SimpleMeterRegistry()
        runTest {
            var isAway = false
            val memory = InMemoryCallStore { currentTime }
            val store =
                object : CallStore by memory {
                    override suspend fun counts(): List<CallCount> = if (isAway) error("away") else memory.counts()
                }
            val queue = RetryQueue.on(store) { handle(charge) { "paid" } }
            queue.enqueue(charge, "1")
            val gauges = QueueGauges(registry, queue, backgroundScope.coroutineContext) { Instant.ofEpochMilli(currentTime) }
            delay(1.seconds)
            isAway = true
            delay(30.seconds)
            registry.lines().first { "state" in it } shouldBe "reprise.calls{handler=charge,state=ready} 1"
            isAway = false
            queue.enqueue(charge, "2")
            delay(10.seconds)
            registry.lines().first { "state" in it } shouldBe "reprise.calls{handler=charge,state=ready} 2"
            gauges.close()
        }
    }
})
