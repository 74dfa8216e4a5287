package dev.reprise.kafka.internal.spring

import dev.reprise.kafka.internal.TopicSettings
import org.apache.commons.logging.LogFactory
import org.apache.kafka.clients.consumer.ConsumerRecord
import org.apache.kafka.common.serialization.Serdes
import org.apache.kafka.common.serialization.Serializer
import org.springframework.core.log.LogAccessor
import org.springframework.kafka.support.KafkaUtils
import org.springframework.kafka.support.serializer.DeserializationException
import org.springframework.kafka.support.serializer.SerializationUtils

/**
 * The bytes of records that a container has read: a call has the bytes that a consumer without deserializers would see, so that its order key is
 * the same, and its handler reads them with the codec of its target. Keys of a type that Kafka does not know are written by [keys].
 */
internal class RecordBytes(
    private val keys: Serializer<Any>?,
) {
    /** The record of [from] with its key alone, which is all that a look at its order needs. */
    fun keyOf(from: ConsumerRecord<*, *>): ConsumerRecord<ByteArray?, ByteArray?> = copy(from, null)

    /** @throws IllegalArgumentException if the key or the value is of a type that nothing can write. */
    fun of(
        from: ConsumerRecord<*, *>,
        topic: TopicSettings<*, *>,
    ): ConsumerRecord<ByteArray?, ByteArray?> = copy(from, unread(from, VALUE) ?: valueBytes(from.value(), topic))

    private fun copy(
        from: ConsumerRecord<*, *>,
        value: ByteArray?,
    ) = ConsumerRecord(
        from.topic(),
        from.partition(),
        from.offset(),
        from.timestamp(),
        from.timestampType(),
        from.serializedKeySize(),
        from.serializedValueSize(),
        unread(from, KEY) ?: keyBytes(from),
        value,
        from.headers(),
        from.leaderEpoch(),
    )

    /** What an `ErrorHandlingDeserializer` could not read. */
    private fun unread(
        from: ConsumerRecord<*, *>,
        header: String,
    ): ByteArray? =
        if (from.headers().lastHeader(header) ==
            null
        ) {
            null
        } else {
            SerializationUtils.getExceptionFromHeader(from, header, LOG)?.data
        }

    private fun keyBytes(from: ConsumerRecord<*, *>): ByteArray? =
        when (val key = from.key()) {
            null -> null
            is ByteArray -> key
            is DeserializationException -> key.data
            else -> (keys ?: knownSerializer(key)).serialize(from.topic(), from.headers(), key)
        }

    private fun valueBytes(
        value: Any?,
        topic: TopicSettings<*, *>,
    ): ByteArray? =
        when (value) {
            null -> null
            is ByteArray -> value
            is String -> value.encodeToByteArray()
            is DeserializationException -> value.data
            else -> encode(value, topic)
        }

    @Suppress("UNCHECKED_CAST")
    private fun <Q, R> encode(
        value: Any,
        topic: TopicSettings<Q, R>,
    ): ByteArray =
        try {
            topic.target.request.encode(value as Q)
        } catch (e: ClassCastException) {
            val codec = "the codec '${topic.target.request.name}' of the target '${topic.target.name}'"
            throw IllegalArgumentException("values of '${topic.name}' are ${value.javaClass.name}, which $codec cannot write", e)
        }

    @Suppress("UNCHECKED_CAST")
    private fun knownSerializer(key: Any): Serializer<Any> =
        try {
            Serdes.serdeFrom(key.javaClass).serializer() as Serializer<Any>
        } catch (e: IllegalArgumentException) {
            throw IllegalArgumentException("keys are ${key.javaClass.name}, which name no order; call keySerializer(serializer)", e)
        }

    private companion object {
        const val KEY = KafkaUtils.KEY_DESERIALIZER_EXCEPTION_HEADER
        const val VALUE = KafkaUtils.VALUE_DESERIALIZER_EXCEPTION_HEADER
        val LOG = LogAccessor(LogFactory.getLog(RecordBytes::class.java))
    }
}
