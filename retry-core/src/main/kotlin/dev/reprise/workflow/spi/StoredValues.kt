package dev.reprise.workflow.spi

import dev.reprise.internal.util.Json
import dev.reprise.workflow.model.UnreadableInputException
import dev.reprise.workflow.model.UnreadableResultException
import dev.reprise.workflow.model.UnstorableInputException
import dev.reprise.workflow.model.UnstorableResultException
import dev.reprise.workflow.model.ValueCodec

/** Values as the codec of the store writes them, with errors that say whose they are. Null is no text at all. */
internal class StoredValues(
    private val codec: ValueCodec,
) {
    fun encode(
        atom: String,
        value: Any?,
    ): String? =
        try {
            value?.let(::text)
        } catch (e: Exception) {
            throw UnstorableResultException(atom, e)
        }

    fun decode(
        atom: String,
        text: String?,
    ): Any? =
        try {
            text?.let(codec::decode)
        } catch (e: Exception) {
            throw UnreadableResultException(atom, e)
        }

    fun encodeInputs(inputs: Map<String, Any?>): String = Json.write(inputs.mapValues { (name, value) -> encodeInput(name, value) })

    fun decodeInputs(text: String?): Map<String, Any?> {
        val texts = (text ?: return emptyMap()).let { Json.read(it) as Map<*, *> }
        return texts.entries.associate { (name, text) -> (name as String).let { it to decodeInput(it, text as String?) } }
    }

    fun encodeInput(
        name: String,
        value: Any?,
    ): String? =
        try {
            value?.let(::text)
        } catch (e: Exception) {
            throw UnstorableInputException(name, e)
        }

    fun decodeInput(
        name: String,
        text: String?,
    ): Any? =
        try {
            text?.let(codec::decode)
        } catch (e: Exception) {
            throw UnreadableInputException(name, e)
        }

    private fun text(value: Any): String {
        val text = codec.encode(value)
        require(STRANGER !in text) { "the codec writes a zero character, which databases do not keep" }
        return text
    }

    private companion object {
        const val STRANGER = '\u0000'
    }
}
