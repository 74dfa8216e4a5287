package dev.reprise.kafka

import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.Target
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import org.apache.kafka.clients.producer.ProducerRecord
import java.util.concurrent.TimeUnit
import kotlin.time.Duration.Companion.milliseconds

class DurableConsumerTest : FunSpec({
    test("a record that fails becomes a call, those of its key wait behind it unseen, and other keys continue") {
        failingKey(Story())
    }

    test("when the order of a key is empty again, its records are handled in place again") {
        val story = Story()
        coroutineScope {
            story.queue.start(this)
            val member = with(story) { consume() }
            story.failing = setOf("a1")
            Broker.send(story.topic, "a1")
            story.await("stored a1")
            story.failing = emptySet()
            story.await("call a1")
            story.queue.awaitEnd(checkNotNull(story.queue.findUnique("kafka/${story.group}/${story.topic}/0/0")).cid)
            Broker.send(story.topic, "a2")
            story.await("here a2")
            member.stop()
            story.queue.shutdown()
        }
    }

    test("attempts are made in place first, and the last failure is that of the first attempt of the call") {
        val story = Story()
        Broker.send(story.topic, "a1")
        story.failing = setOf("a1")
        coroutineScope {
            val member =
                with(story) {
                    consume(block = {
                        topic(topic, orders) {
                            inPlace {
                                every(1.milliseconds)
                                maxAttempts(3)
                            }
                            policy("every(1h) maxAttempts(7)")
                        }
                    })
                }
            story.await("stored a1")
            member.stop()
        }
        story.lines.take(3) shouldContainExactly List(3) { "here a1 failed" }
        val call = checkNotNull(story.queue.findUnique("kafka/${story.group}/${story.topic}/0/0"))
        call.policy shouldBe "every(1h) maxAttempts(7)"
        call.orderKey shouldBe "kafka/${story.group}/${story.topic}/a"
        (call.attempts to call.failures) shouldBe (1 to 1)
        TimeUnit.MILLISECONDS.toMinutes(call.dueAt.toEpochMilli() - call.enqueuedAt.toEpochMilli()) shouldBe 60
        story.queue
            .errors(call.cid)
            .single()
            .message shouldBe "no a1"
    }

    test("handlers see the record's place, key, time and headers, in place and as a call, and the same unique key") {
        val seen = mutableListOf<Map<String, String>>()
        val keys = mutableListOf<String?>()
        val story =
            Story { value ->
                seen += headers
                keys += call.uniqueKey
                if (seen.size == 1) error("the first attempt at $value")
            }
        val record = ProducerRecord<String, String?>(story.topic, 0, 86_400_000L, "a", "a1")
        record
            .headers()
            .add("traceparent", "00-1".toByteArray())
            .add("binary", byteArrayOf(0, -1))
            .add("shop", "Köln".toByteArray())
        Broker.send(record)
        coroutineScope {
            story.queue.start(this)
            val member = with(story) { consume() }
            story.await("call a1")
            member.stop()
            story.queue.shutdown()
        }
        seen shouldContainExactly List(2) { seen.first() }
        keys shouldContainExactly List(2) { "kafka/${story.group}/${story.topic}/0/0" }
        seen.first() shouldBe
            mapOf(
                "kafka-record" to "${story.topic}/0/0",
                "kafka-timestamp" to "1970-01-02T00:00:00Z",
                "kafka-key" to "a",
                "traceparent" to "00-1",
                "shop" to "Köln",
            )
    }

    test("a tombstone and a record that the codec cannot read are calls with the bytes of the record, and fail as such") {
        val numbers =
            Target("numbers", PayloadCodec.of("number", { "$it".toByteArray() }, { it.decodeToString().toInt() }), PayloadCodec.none())
        val story = Story()
        Broker.send(ProducerRecord(story.topic, "a", null))
        Broker.send(ProducerRecord(story.topic, "b", "x"))
        val queue =
            RetryQueue.on(story.store) {
                policy {
                    every(1.milliseconds)
                    maxAttempts(1)
                }
                handle(numbers) { null.also { story += "handled" } }
            }
        coroutineScope {
            queue.start(this)
            val consumer = DurableConsumer(Broker.config(story.group), queue) { topic(story.topic, numbers) }
            val run = consumer.runAsync()
            story.await("stored ", "stored x")
            val dead = (0..1).map { queue.awaitEnd(checkNotNull(queue.findUnique("kafka/${story.group}/${story.topic}/0/$it")).cid) }
            consumer.close()
            run.get(20, TimeUnit.SECONDS)

            dead.map { it.state } shouldContainExactly List(2) { CallState.DEAD }
            dead.map { it.request.bytes.decodeToString() } shouldContainExactly listOf("", "x")
            queue.errors(dead[0].cid).map { it.message.substringBefore(',') } shouldContainExactly
                listOf(
                    "the record has no value (a tombstone)",
                    "the payload was written by the codec 'tombstone'",
                )
            queue.errors(dead[1].cid).last().message shouldContain "the codec 'number' cannot read the payload of 1 bytes"
            queue.shutdown()
        }
        story.lines.filter { it == "handled" } shouldContainExactly emptyList()
    }

    test("records without a key have no order: one that fails holds up none") {
        val story = Story()
        listOf("x1", "x2").forEach { Broker.send(ProducerRecord(story.topic, null, it)) }
        story.failing = setOf("x1")
        coroutineScope {
            val member = with(story) { consume() }
            story.await("committed 0:2")
            member.stop()
        }
        story.lines shouldContainExactly listOf("here x1 failed", "here x2", "committed 0:0", "stored x1", "committed 0:2")
    }

    test("a key with too many held calls pauses its partition until there are fewer") {
        val story = Story()
        Broker.send(story.topic, "a1", "a2", "a3", "b1")
        story.failing = setOf("a1")
        coroutineScope {
            val member =
                with(story) {
                    consume(block = {
                        topic(topic, orders)
                        maxHeldPerKey = 2
                    })
                }
            story.await("committed 0:2")
            story.lines shouldContainExactly listOf("here a1 failed", "committed 0:0", "stored a1", "stored a2", "committed 0:2")

            story.failing = emptySet()
            story.queue.start(this)
            story.await("here b1")
            member.stop()
            story.queue.shutdown()
        }
        story.lines.filter { it.startsWith("here") || it.startsWith("call") } shouldContainExactly
            listOf("here a1 failed", "call a1", "call a2", "here a3", "here b1")
    }

    test("stopped or cancelled, it finishes the current record, commits, and leaves the rest") {
        for (isCancelled in listOf(false, true)) {
            val (entered, gate) = List(2) { CompletableDeferred<Unit>() }
            val story =
                Story {
                    entered.complete(Unit)
                    gate.await()
                }
            Broker.send(story.topic, "a1", "a2")
            coroutineScope {
                // Unconfined, so that a cancellation is noticed before the gate opens.
                val member = with(story) { consume(context = Dispatchers.Unconfined) }
                entered.await()
                val end = async(start = CoroutineStart.UNDISPATCHED) { if (isCancelled) member.job.cancelAndJoin() else member.stop() }
                gate.complete(Unit)
                end.await()
            }
            story.lines shouldContainExactly listOf("here a1", "committed 0:1")
        }
    }

    test("a handler that does not end within the grace period is cancelled, and its record is not committed") {
        val entered = CompletableDeferred<Unit>()
        val story =
            Story {
                entered.complete(Unit)
                CompletableDeferred<Unit>().await()
            }
        Broker.send(story.topic, "a1")
        coroutineScope {
            val member =
                with(story) {
                    consume(block = {
                        topic(topic, orders)
                        grace = 50.milliseconds
                    })
                }
            entered.await()
            member.stop()
        }
        story.lines shouldContainExactly emptyList()
        Broker.committed(story.group, story.topic) shouldBe null
    }
})
