package dev.reprise.kafka.spring

import dev.reprise.kafka.Broker
import dev.reprise.kafka.Story
import dev.reprise.kafka.orders
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.withTimeout
import org.springframework.util.backoff.FixedBackOff
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.time.Duration.Companion.seconds

class DurableRecovererTest : FunSpec({
    test("a record that fails in a listener becomes a call, those of its key go behind it unseen, and other keys continue") {
        val story = Story()
        Broker.send(story.topic, "a1", "b1", "a2", "b2")
        story.failing = setOf("a1")
        coroutineScope {
            val container = story.container()
            container.start()
            story.await("committed 0:4")
            container.stop()
            story.happened shouldContainExactly
                listOf("here a1 failed", "here a1 failed", "stored a1", "here b1", "stored a2", "here b2")

            story.failing = emptySet()
            story.queue.start(this)
            story.await("call a2")
            story.queue.shutdown()
        }
        story.happened.drop(6) shouldContainExactly listOf("call a1", "call a2")
    }

    test("the call has the keys, the headers, the policy and the first failure that a DurableConsumer gives it") {
        val story = Story()
        Broker.send(story.topic, "a1")
        story.failing = setOf("a1")
        val container = story.container { setPair(story.recoverer { topic(story.topic, orders) { policy("every(1h) maxAttempts(7)") } }) }
        container.start()
        story.await("committed 0:1")
        container.stop()
        val call = checkNotNull(story.queue.findUnique("kafka/${story.group}/${story.topic}/0/0"))
        call.orderKey shouldBe "kafka/${story.group}/${story.topic}/a"
        call.policy shouldBe "every(1h) maxAttempts(7)"
        call.headers["kafka-record"] shouldBe "${story.topic}/0/0"
        call.headers["kafka-key"] shouldBe "a"
        (call.attempts to call.failures) shouldBe (1 to 1)
        story.queue
            .errors(call.cid)
            .single()
            .message shouldBe "no a1"
    }

    test("what was handled is committed before a later record of its key is stored, so that it never comes again behind that") {
        val story = Story()
        Broker.send(story.topic, "a1", "b1", "a2")
        story.failing = setOf("a2")
        crash(story, end = 3)
        val stored = story.lines.indexOf("stored a2")
        story.lines.take(stored).last { it.startsWith("committed") } shouldBe "committed 0:2"

        story.failing = emptySet()
        val next = story.container()
        coroutineScope {
            next.start()
            story.await("committed 0:3")
            next.stop()
            story.queue.start(this)
            story.await("call a2")
            story.queue.shutdown()
        }
        story.happened.filter { "stored" !in it } shouldContainExactly
            listOf("here a1", "here b1", "here a2 failed", "here a2 failed", "known a2", "call a2")
    }

    test("a call that has ended when its record comes again is not handled again") {
        val story = Story()
        Broker.send(story.topic, "a1")
        story.failing = setOf("a1")
        crash(story, end = 1)
        story.failing = emptySet()
        coroutineScope {
            story.queue.start(this)
            story.await("call a1")
            story.queue.awaitEnd(checkNotNull(story.queue.findUnique("kafka/${story.group}/${story.topic}/0/0")).cid)
            val next = story.container()
            next.start()
            story.await("committed 0:1")
            next.stop()
            story.queue.shutdown()
        }
        story.happened shouldContainExactly listOf("here a1 failed", "here a1 failed", "stored a1", "call a1")
    }

    test("a container that is started again, or a DurableConsumer of its group, puts records behind the calls that are there") {
        val story = Story()
        Broker.send(story.topic, "a1")
        story.failing = setOf("a1")
        val container = story.container()
        container.start()
        story.await("committed 0:1")
        container.stop()
        story.failing = emptySet()
        Broker.send(story.topic, "a2")
        container.start()
        story.await("committed 0:2")
        container.stop()
        coroutineScope {
            Broker.send(story.topic, "a3")
            val member = with(story) { consume() }
            story.await("committed 0:3")
            member.stop()
            story.queue.start(this)
            story.await("call a3")
            story.queue.shutdown()
        }
        story.happened.drop(2) shouldContainExactly listOf("stored a1", "stored a2", "stored a3", "call a1", "call a2", "call a3")
    }

    test("while the store is down no record is acknowledged, and then all continues in order") {
        val story = Story()
        Broker.send(story.topic, "a1", "a2", "b1")
        story.failing = setOf("a1")
        val isFirst = AtomicBoolean(true)
        val container =
            story.container(listener = {
                if (isFirst.getAndSet(false)) story.store.isDown = true
                story.listen(it)
            })
        coroutineScope {
            container.start()
            story.await { lines -> lines.count { it == "the store is down" } >= 3 }
            story.lines.toSet() shouldBe setOf("here a1 failed", "the store is down", "committed 0:0")
            story.store.isDown = false
            story.await("committed 0:3")
            container.stop()
            story.failing = emptySet()
            story.queue.start(this)
            story.await("call a2")
            story.queue.shutdown()
        }
        story.happened.dropWhile { it == "here a1 failed" } shouldContainExactly
            listOf("stored a1", "stored a2", "here b1", "call a1", "call a2")
    }

    test("the error handler alone is refused when partitions are assigned, and the interceptor alone before the first record") {
        val message = { halves: Container.(DurableRecoverer) -> Unit ->
            suspend {
                val story = Story()
                Broker.send(story.topic, "a1")
                val ends = CompletableDeferred<Throwable?>()
                val container = story.container(ends = ends) { halves(story.recoverer()) }
                container.start()
                val refusal = withTimeout(30.seconds) { ends.await() }
                container.isRunning shouldBe false
                story.lines.shouldBeEmpty()
                checkNotNull(refusal?.message)
            }
        }
        val handlerAlone = message { commonErrorHandler = it.errorHandler(FixedBackOff(0, 0)) }
        handlerAlone() shouldContain "loses the order"
        handlerAlone() shouldContain "call setRecordInterceptor(recoverer.interceptor())"
        val interceptorAlone = message { setRecordInterceptor(it.interceptor()) }
        interceptorAlone() shouldContain "loses records"
        interceptorAlone() shouldContain "call setCommonErrorHandler(recoverer.errorHandler(backOff))"
    }
})

/** Consumes until the container would commit the offset [end], and crashes instead: an error, which stops a container at once. */
private suspend fun crash(
    story: Story,
    end: Long,
) {
    val ends = CompletableDeferred<Throwable?>()
    val container = story.container(onCommit = { if (it.values.any { at -> at.offset() == end }) throw CrashError() }, ends = ends)
    container.start()
    withTimeout(30.seconds) { ends.await() }
}

private class CrashError : Error("crash")

/** What happened to the records, without what was committed. */
private val Story.happened: List<String> get() = lines.filter { it.substringBefore(' ') in setOf("here", "call", "stored", "known") }
