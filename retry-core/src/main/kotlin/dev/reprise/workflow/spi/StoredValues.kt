package dev.reprise.workflow.spi

import dev.reprise.internal.util.Json
import dev.reprise.workflow.model.UnreadableInputException
import dev.reprise.workflow.model.UnreadableResultException
import dev.reprise.workflow.model.UnstorableInputException
import dev.reprise.workflow.model.UnstorableResultException
import dev.reprise.workflow.model.ValueCodec

/** Values as the codec of the store writes them, with errors that name their task or input. A codec can throw anything. Null is no text at all. */
internal class StoredValues(
    private val codec: ValueCodec,
) {
    fun encode(
        atom: String,
        value: Any?,
    ): String? =
        try {
            value?.let(::text)
        } catch (e: Throwable) {
            throw UnstorableResultException(atom, e)
        }

    fun decode(
        atom: String,
        text: String?,
    ): Any? =
        try {
            text?.let(codec::decode)
        } catch (e: Throwable) {
            throw UnreadableResultException(atom, e)
        }

    fun encodeInputs(inputs: Map<String, Any?>): String = Json.write(inputs.mapValues { (name, value) -> encodeInput(name, value) })

    /** The inputs in [text], each as it was encoded. */
    fun inputTexts(text: String?): Map<*, *> = if (text == null) emptyMap<String, String?>() else Json.read(text) as Map<*, *>

    /** True if [value] is encoded as [text]. */
    fun isEncodedAs(
        value: Any?,
        text: Any?,
    ): Boolean = runCatching { value?.let(::text) == text }.getOrDefault(false)

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
        } catch (e: Throwable) {
            throw UnstorableInputException(name, e)
        }

    fun decodeInput(
        name: String,
        text: String?,
    ): Any? =
        try {
            text?.let(codec::decode)
        } catch (e: Throwable) {
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
