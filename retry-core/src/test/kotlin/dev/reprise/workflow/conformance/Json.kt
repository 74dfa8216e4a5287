package dev.reprise.workflow.conformance

import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.booleanOrNull
import kotlinx.serialization.json.doubleOrNull
import kotlinx.serialization.json.longOrNull

/** The values of a recording as plain Kotlin: null, Boolean, Long, Double, String, List, Map. */
internal fun parse(text: String): Any? = plain(Json.parseToJsonElement(text))

private fun plain(json: JsonElement): Any? =
    when (json) {
        is JsonNull -> null
        is JsonPrimitive -> if (json.isString) json.content else json.booleanOrNull ?: json.longOrNull ?: json.doubleOrNull
        is JsonArray -> json.map(::plain)
        is JsonObject -> json.mapValues { plain(it.value) }
    }

/** Compact, with sorted keys. */
internal fun Any?.toJson(): String = json(this).toString()

private fun json(value: Any?): JsonElement =
    when (value) {
        null, Unit -> JsonNull
        is Boolean -> JsonPrimitive(value)
        is Number -> JsonPrimitive(value)
        is List<*> -> JsonArray(value.map(::json))
        is Map<*, *> -> JsonObject(value.entries.sortedBy { it.key.toString() }.associate { it.key.toString() to json(it.value) })
        else -> JsonPrimitive(value.toString())
    }

internal typealias Spec = Map<String, Any?>

@Suppress("UNCHECKED_CAST")
internal fun Any?.spec(): Spec = this as Spec? ?: emptyMap()

@Suppress("UNCHECKED_CAST")
internal fun Any?.specs(): List<Spec> = this as List<Spec>? ?: emptyList()

@Suppress("UNCHECKED_CAST")
internal fun Any?.names(): List<String> = this as List<String>? ?: emptyList()

internal fun Spec.text(key: String): String = getValue(key) as String

internal fun Spec.int(key: String): Int? = (get(key) as Long?)?.toInt()
