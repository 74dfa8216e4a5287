package dev.reprise.kafka.spring

import dev.reprise.kafka.orders
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.Target
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import org.apache.kafka.clients.consumer.ConsumerRecord
import org.apache.kafka.common.serialization.LongSerializer
import org.apache.kafka.common.serialization.Serializer
import org.springframework.kafka.support.serializer.DeserializationException
import java.util.UUID

private val numbers =
    Target("numbers", PayloadCodec.of<Int>("number", { "$it".toByteArray() }, { it.decodeToString().toInt() }), PayloadCodec.Text)

class RecordBytesTest : FunSpec({
    val settings = DurableRecovererBuilder().apply { topic("numbers", numbers) }.build(RetryQueue.inMemory())

    fun bytes(
        key: Any?,
        value: Any?,
    ) = settings.bytes.of(ConsumerRecord<Any?, Any?>("numbers", 0, 0, key, value), settings.topic("numbers"))

    test("a call has the bytes of its record, whatever the container has made of them") {
        bytes(null, null).run { (key() to value()) shouldBe (null to null) }
        bytes("a".toByteArray(), "7".toByteArray()).run { (key()?.decodeToString() to value()?.decodeToString()) shouldBe ("a" to "7") }
        bytes("ä", "7").run { (key()?.decodeToString() to value()?.decodeToString()) shouldBe ("ä" to "7") }
        bytes(7L, 42).run { (key()?.toList() to value()?.decodeToString()) shouldBe (LongSerializer().serialize("", 7L).toList() to "42") }
        bytes(UUID(0, 1), null).key()?.decodeToString() shouldBe "00000000-0000-0000-0000-000000000001"
        val unread = DeserializationException("no number", "x".toByteArray(), false, IllegalStateException())
        bytes("a", unread).value()?.decodeToString() shouldBe "x"
    }

    test("what nothing can write is rejected with the setting that it takes") {
        shouldThrow<IllegalArgumentException> { bytes(listOf("a"), null) }.message shouldBe
            "keys are java.util.Collections\$SingletonList, which name no order; call keySerializer(serializer)"
        shouldThrow<IllegalArgumentException> { bytes(null, 1.5) }.message shouldBe
            "values of 'numbers' are java.lang.Double, which the codec 'number' of the target 'numbers' cannot write"
        val keys = Serializer<List<String>> { _, key -> key.joinToString().toByteArray() }
        val written = DurableRecovererBuilder().apply { topic("numbers", numbers) }.keySerializer(keys).build(RetryQueue.inMemory())
        written.bytes
            .keyOf(ConsumerRecord("numbers", 0, 0, listOf("a"), null))
            .key()
            ?.decodeToString() shouldBe "a"
    }

    test("attempts in place are those of the error handler, and a topic is needed") {
        shouldThrow<IllegalArgumentException> {
            DurableRecoverer(RetryQueue.inMemory()) { topic("orders", orders) { inPlace("maxAttempts(2)") } }
        }.message shouldBe "the attempts in place are those of the error handler; omit inPlace, and call errorHandler(backOff)"
        shouldThrow<IllegalArgumentException> { DurableRecoverer(RetryQueue.inMemory()) {} }.message shouldBe
            "a topic is needed; call topic(name, target)"
    }
})
