package dev.reprise.workflow.spi

import dev.reprise.internal.util.Json
import dev.reprise.workflow.model.RestoredFailure

/** Failures as text: the names of their classes, their message, their causes; no stack traces. */
internal object StoredFailures {
    private const val DEEPEST_CAUSE = 20

    fun encode(failure: Throwable): String = Json.write(toJson(failure, 0))

    fun decode(text: String): Throwable = fromJson(Json.read(text))

    /** The failure in [text] for people: "class: message". */
    fun text(text: String): String {
        val json = Json.read(text) as Map<*, *>
        return listOfNotNull((json["types"] as List<*>).firstOrNull(), json["message"]).joinToString(": ")
    }

    /** Several of them, by the name of the atom. */
    fun encodeAll(failures: Map<String, Throwable>): String = Json.write(failures.mapValues { toJson(it.value, 0) })

    fun decodeAll(text: String): Map<String, Throwable> =
        (Json.read(text) as Map<*, *>).entries.associate { (atom, failure) -> atom as String to fromJson(failure) }

    private fun toJson(
        failure: Throwable,
        depth: Int,
    ): Map<String, Any?> {
        val json = linkedMapOf<String, Any?>("types" to typesOf(failure), "message" to failure.messageOrNull())
        val cause = runCatching { failure.cause }.getOrNull()
        if (cause != null && depth < DEEPEST_CAUSE) json["cause"] = toJson(cause, depth + 1)
        return json
    }

    /** Reading an exception can throw. */
    private fun Throwable.messageOrNull(): String? = runCatching { message }.getOrElse { "unreadable message: ${it.javaClass.name}" }

    private fun typesOf(failure: Throwable): List<String> =
        if (failure is RestoredFailure) {
            failure.types
        } else {
            generateSequence<Class<*>>(failure.javaClass) { it.superclass }.map { it.name }.takeWhile { it != "java.lang.Object" }.toList()
        }

    private fun fromJson(json: Any?): RestoredFailure {
        json as Map<*, *>
        return RestoredFailure(
            message = json["message"] as String?,
            types = (json["types"] as List<*>).map { it as String },
            cause = json["cause"]?.let(::fromJson),
        )
    }
}
