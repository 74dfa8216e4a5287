package dev.reprise.kafka.internal

import org.apache.kafka.clients.consumer.ConsumerRecord
import java.time.Instant

/**
 * The headers of the call that a record becomes: where the record is, its key and its time, then its own headers, those of traces first. A call
 * takes 20 headers and 8 KiB: what is no text, or does not fit, is left out. Of headers with the same name the last one counts, as in Kafka.
 */
internal object RecordHeaders {
    private const val RECORD = "kafka-record"
    private const val KEY = "kafka-key"
    private const val TIMESTAMP = "kafka-timestamp"
    private const val MOST = 20
    private const val LARGEST = 8192
    private val traces = setOf("traceparent", "tracestate", "baggage")

    fun of(record: ConsumerRecord<ByteArray?, ByteArray?>): Map<String, String> {
        val headers = LinkedHashMap<String, String>()
        headers[RECORD] = "${record.topic()}/${record.partition()}/${record.offset()}"
        headers[TIMESTAMP] = Instant.ofEpochMilli(record.timestamp()).toString()
        var left = LARGEST - headers.entries.sumOf { sizeOf(it.key, it.value) }
        for ((name, value) in listOfNotNull(record.key()?.textOrNull()?.let { KEY to it }) + own(record)) {
            val size = sizeOf(name, value)
            if (headers.size == MOST || size > left || name in headers) continue
            headers[name] = value
            left -= size
        }
        return headers
    }

    private fun own(record: ConsumerRecord<*, *>): List<Pair<String, String>> {
        val texts = LinkedHashMap<String, String>()
        for (header in record.headers()) {
            val name = header.key().takeIf { it.isNotEmpty() && ':' !in it && it.encodeToByteArray().textOrNull() == it } ?: continue
            header.value()?.textOrNull()?.let { texts[name] = it }
        }
        return texts.toList().sortedBy { it.first !in traces }
    }

    private fun sizeOf(
        name: String,
        value: String,
    ) = name.encodeToByteArray().size + value.encodeToByteArray().size
}
