package dev.reprise.workflow.spi

import dev.reprise.internal.util.Json
import dev.reprise.policy.FailureDescription
import dev.reprise.policy.RestoredFailure
import java.time.Duration

/** Failures as text: their descriptions, without stack traces. */
internal object StoredFailures {
    fun encode(failure: Throwable): String = Json.write(toJson(failure))

    fun decode(text: String): Throwable = fromJson(Json.read(text))

    /** The failure in [text] for people: "class: message". */
    fun text(text: String): String {
        val json = Json.read(text) as Map<*, *>
        return listOfNotNull((json["types"] as List<*>).firstOrNull(), json["message"]).joinToString(": ")
    }

    private fun toJson(failure: Throwable): Map<String, Any?> = toJson(FailureDescription.of(failure))

    private fun toJson(failure: FailureDescription): Map<String, Any?> {
        val json = linkedMapOf<String, Any?>("types" to failure.types, "message" to failure.message)
        failure.isRetryable?.let { json["retryable"] = it }
        failure.getRetryAfter()?.let { json["retryAfter"] = it.toString() }
        failure.cause?.let { json["cause"] = toJson(it) }
        return json
    }

    private fun fromJson(json: Any?): RestoredFailure = RestoredFailure(descriptionOf(json))

    private fun descriptionOf(json: Any?): FailureDescription {
        json as Map<*, *>
        return FailureDescription.of(
            types = (json["types"] as List<*>).map { it as String },
            message = json["message"] as String?,
            cause = json["cause"]?.let(::descriptionOf),
            isRetryable = json["retryable"] as Boolean?,
            retryAfter = (json["retryAfter"] as String?)?.let(Duration::parse),
        )
    }
}
