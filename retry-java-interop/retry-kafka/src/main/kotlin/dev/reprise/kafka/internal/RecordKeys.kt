package dev.reprise.kafka.internal

import org.apache.kafka.clients.consumer.ConsumerRecord
import java.security.MessageDigest
import java.util.concurrent.ConcurrentHashMap

/**
 * The keys of the calls that records become: `kafka/<group>/<topic>/<key>` for the order, `kafka/<group>/<topic>/<partition>/<offset>` for the
 * record. What is too long for a key, or is no text, is replaced by its digest.
 */
internal class RecordKeys(
    private val group: String,
) {
    private val prefixes = ConcurrentHashMap<String, String>()

    /** Null if the record has no key, and so no order. */
    fun orderKey(record: ConsumerRecord<ByteArray?, ByteArray?>): String? {
        val key = record.key() ?: return null
        val prefix = prefix(record.topic())
        val text = key.textOrNull()?.let { "$prefix/$it" }
        return text?.takeIf { it.length <= LONGEST } ?: "kafka/${digest(prefix.encodeToByteArray(), key)}"
    }

    fun uniqueKey(record: ConsumerRecord<*, *>): String = "${prefix(record.topic())}/${record.partition()}/${record.offset()}"

    private fun prefix(topic: String): String =
        prefixes.computeIfAbsent(topic) {
            val text = "kafka/$group/$topic".takeIf { group.encodeToByteArray().textOrNull() != null && '/' !in group }
            text?.takeIf { it.length <= LONGEST - LONGEST_PLACE } ?: "kafka/${digest(group.encodeToByteArray(), topic.encodeToByteArray())}"
        }

    private fun digest(
        first: ByteArray,
        second: ByteArray,
    ): String {
        val sha = MessageDigest.getInstance("SHA-256")
        sha.update(first)
        sha.update(0)
        return sha.digest(second).joinToString("") { "%02x".format(it) }
    }

    private companion object {
        /** What a queue accepts. */
        const val LONGEST = 200

        /** Two slashes, a partition and an offset. */
        const val LONGEST_PLACE = 2 + 10 + 19
    }
}

/** The text of bytes in UTF-8; null if they are none, or hold control characters, which no key and no header can. */
internal fun ByteArray.textOrNull(): String? {
    val text = decodeToString()
    return text.takeIf { it.encodeToByteArray().contentEquals(this) && it.none(Char::isISOControl) }
}
