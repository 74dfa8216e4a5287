package dev.reprise.kafka

import dev.reprise.queue.RetryQueue
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.coroutineScope
import org.apache.kafka.clients.consumer.ConsumerRecord
import org.apache.kafka.clients.consumer.KafkaConsumer
import org.apache.kafka.common.TopicPartition
import org.apache.kafka.common.serialization.StringDeserializer
import java.io.IOException
import java.time.Duration
import kotlin.time.Duration.Companion.milliseconds

class KafkaSenderTest : FunSpec({
    test(
        "calls are records: the order key is the key, the headers and the id are headers; those of a key keep their order, duplicates have one id",
    ) {
        val topic = Broker.topic()
        val shipped = kafkaTarget(topic)
        KafkaSender(mapOf("bootstrap.servers" to Broker.address)).use { sender ->
            var isAcknowledged = false
            val queue =
                RetryQueue.inMemory {
                    policy {
                        every(1.milliseconds)
                        maxAttempts(5)
                    }
                    handle(shipped) {
                        val place = sender.send(this)
                        if (!isAcknowledged) throw IOException("no one has seen the acknowledgement").also { isAcknowledged = true }
                        place
                    }
                }
            coroutineScope {
                queue.start(this)
                val calls =
                    listOf("first", "second").map {
                        queue.enqueue(shipped, it) {
                            orderKey = "customer/7"
                            header("traceparent", "00-1")
                        }
                    }
                calls.map { it.await() } shouldContainExactly listOf("$topic/0/1", "$topic/0/2")
                queue.shutdown()

                val records = read(topic, 3)
                records.map { it.key() to it.value() } shouldContainExactly
                    listOf("customer/7" to "first", "customer/7" to "first", "customer/7" to "second")
                records.map { it.text("reprise-cid") } shouldContainExactly listOf(calls[0].cid, calls[0].cid, calls[1].cid)
                records.map { it.text("traceparent") } shouldContainExactly List(3) { "00-1" }
            }
        }
    }

    test("a producer that can lose or repeat records is rejected") {
        fun refusal(setting: Pair<String, Any>) = shouldThrow<IllegalArgumentException> { KafkaSender(mapOf(setting)) }.message

        refusal("acks" to "1") shouldBe "acks must be all, but was 1: a record that one broker has can be lost; omit it"
        refusal("enable.idempotence" to false) shouldBe
            "enable.idempotence must not be false: the client would add duplicates, out of order; omit it"
        refusal("key.serializer" to "x") shouldBe
            "key.serializer must not be set: keys are text, and the codec of the target writes the values; omit it"
    }
})

private fun read(
    topic: String,
    count: Int,
): List<ConsumerRecord<String, String>> =
    KafkaConsumer(mapOf<String, Any>("bootstrap.servers" to Broker.address), StringDeserializer(), StringDeserializer()).use { consumer ->
        val partition = listOf(TopicPartition(topic, 0))
        consumer.assign(partition)
        consumer.seekToBeginning(partition)
        generateSequence { consumer.poll(Duration.ofSeconds(10)).toList() }.flatten().take(count).toList()
    }

private fun ConsumerRecord<*, *>.text(header: String) = headers().lastHeader(header).value().decodeToString()
