package dev.reprise.kafka

import dev.reprise.kafka.internal.RecordHeaders
import dev.reprise.kafka.internal.RecordKeys
import dev.reprise.queue.RetryQueue
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import org.apache.kafka.clients.consumer.ConsumerRecord
import org.apache.kafka.common.serialization.StringDeserializer

class SettingsTest : FunSpec({
    val group = mapOf("group.id" to "shop")

    fun refusal(
        config: Map<String, Any>,
        block: DurableConsumerBuilder.() -> Unit = { topic("orders", orders) },
    ) = shouldThrow<IllegalArgumentException> { DurableConsumer(config, RetryQueue.inMemory(), block) }.message

    test("a configuration that would lose records or their order is rejected") {
        refusal(emptyMap()) shouldBe "the configuration needs a group.id: offsets and order are kept by group"
        refusal(group + ("enable.auto.commit" to "true")) shouldBe
            "enable.auto.commit must not be true: offsets are committed when their records are handled or stored; omit it"
        refusal(group + ("value.deserializer" to StringDeserializer::class.java)) shouldBe
            "value.deserializer must not be set, but was org.apache.kafka.common.serialization.StringDeserializer: " +
            "the codec of the target reads the bytes of the value; omit it"
        refusal(group) { } shouldBe "a topic is needed; call topic(name, target)"
        refusal(group) { repeat(2) { topic("orders", orders) } } shouldBe "the topic 'orders' is set twice; each has one target"
        refusal(group) {
            topic("orders", orders)
            maxHeldPerKey = 0
        } shouldBe "maxHeldPerKey must be at least 1, but was 0"
    }

    test("keys of calls name group, topic and key, and are digests where that is no text, or too long") {
        val keys = RecordKeys("shop")
        keys.orderKey(record("customer 7".toByteArray())) shouldBe "kafka/shop/orders/customer 7"
        keys.uniqueKey(record(null)) shouldBe "kafka/shop/orders/3/42"
        keys.orderKey(record(null)) shouldBe null
        val digests = listOf(byteArrayOf(0, 0, 7), byteArrayOf(-1), "x".repeat(200).toByteArray()).map { keys.orderKey(record(it)) }
        digests.distinct().size shouldBe 3
        digests.map { it?.matches(Regex("kafka/[0-9a-f]{64}")) } shouldContainExactly List(3) { true }
        val other = RecordKeys("a/b")
        other.uniqueKey(record(null)).matches(Regex("kafka/[0-9a-f]{64}/3/42")) shouldBe true
    }

    test("of the headers of a record a call takes what fits: text, twenty of them, eight kilobytes, those of traces first") {
        val record = record("k".toByteArray())
        repeat(30) { record.headers().add("h$it", "$it".toByteArray()) }
        record
            .headers()
            .add("h0", "last".toByteArray())
            .add("a:b", "x".toByteArray())
            .add("line", "a\nb".toByteArray())
        record.headers().add("traceparent", "00-1".toByteArray()).add("large", ByteArray(9000) { 'x'.code.toByte() })
        val headers = RecordHeaders.of(record)
        headers.size shouldBe 20
        headers.keys.take(5) shouldContainExactly listOf("kafka-record", "kafka-timestamp", "kafka-key", "traceparent", "h0")
        headers["h0"] shouldBe "last"
    }
})

private fun record(key: ByteArray?) = ConsumerRecord<ByteArray?, ByteArray?>("orders", 3, 42L, key, null)
