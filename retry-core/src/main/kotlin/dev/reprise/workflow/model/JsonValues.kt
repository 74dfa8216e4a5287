package dev.reprise.workflow.model

import dev.reprise.internal.util.Json
import java.math.BigDecimal
import java.math.BigInteger
import java.time.Instant
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.LocalTime
import java.time.OffsetDateTime
import java.time.ZonedDateTime
import java.util.Base64
import java.util.UUID
import kotlin.time.Duration

/**
 * Values as JSON. A value that JSON cannot represent is an object with one key, its type after a `$`; other keys must not start with `$`.
 */
internal object JsonValues : ValueCodec {
    override fun encode(value: Any?): String = Json.write(toJson(value, level = 0))

    override fun decode(text: String): Any? = fromJson(Json.read(text))

    /** A type that is written as text. */
    private class Texted<T : Any>(
        val tag: String,
        val type: Class<T>,
        val read: (String) -> T,
        val write: (T) -> String = Any::toString,
    )

    private val texted: List<Texted<*>> =
        listOf(
            texted("long", String::toLong),
            texted("short", String::toShort),
            texted("byte", String::toByte),
            texted("float", String::toFloat),
            texted("double", String::toDouble),
            texted("char", String::single),
            texted("integer", ::BigInteger),
            texted("decimal", ::BigDecimal),
            texted("bytes", Base64.getDecoder()::decode) { bytes -> Base64.getEncoder().encodeToString(bytes) },
            texted("uuid", UUID::fromString),
            texted("duration", Duration::parseIsoString) { it.toIsoString() },
            texted("javaDuration", java.time.Duration::parse),
            texted("instant", Instant::parse),
            texted("date", LocalDate::parse),
            texted("time", LocalTime::parse),
            texted("dateTime", LocalDateTime::parse),
            texted("offsetDateTime", OffsetDateTime::parse),
            texted("zonedDateTime", ZonedDateTime::parse),
        )
    private const val MOST_LEVELS = 200
    private val byType = texted.associateBy { it.type }
    private val byTag = texted.associateBy { "$${it.tag}" }

    private inline fun <reified T : Any> texted(
        tag: String,
        noinline read: (String) -> T,
        noinline write: (T) -> String = { it.toString() },
    ) = Texted(tag, T::class.javaObjectType, read, write)

    /** Of a value on the level [level] of nested ones: what can be written has to be read by a thread with a smaller stack, too. */
    private fun toJson(
        value: Any?,
        level: Int,
    ): Any? {
        require(level <= MOST_LEVELS) {
            "ValueCodec.Json writes values of at most $MOST_LEVELS nested levels: pass the store a ValueCodec that can"
        }
        return when (value) {
            null, is String, is Boolean, is Int -> value
            is Double -> if (value.isFinite()) value else tagged("double", value.toString())
            Unit -> tagged("unit", "")
            is List<*> -> value.map { toJson(it, level + 1) }
            is Set<*> -> tagged("set", value.map { toJson(it, level + 1) })
            is Pair<*, *> -> tagged("pair", listOf(toJson(value.first, level + 1), toJson(value.second, level + 1)))
            is Map<*, *> -> map(value, level + 1)
            else -> text(value)
        }
    }

    private fun map(
        map: Map<*, *>,
        level: Int,
    ): Map<String, Any?> =
        if (map.keys.all { it is String && !it.startsWith("$") }) {
            map.entries.associate { (key, value) -> key as String to toJson(value, level) }
        } else {
            tagged("map", map.map { (key, value) -> listOf(toJson(key, level), toJson(value, level)) })
        }

    private fun text(value: Any): Map<String, Any?> {
        val type = byType[value.javaClass]
        requireNotNull(type) { "ValueCodec.Json cannot write ${value.javaClass.name}: pass the store a ValueCodec that can" }
        @Suppress("UNCHECKED_CAST")
        return tagged(type.tag, (type as Texted<Any>).write(value))
    }

    private fun tagged(
        tag: String,
        value: Any?,
    ): Map<String, Any?> = mapOf("$$tag" to value)

    private fun fromJson(json: Any?): Any? =
        when (json) {
            is Long -> Math.toIntExact(json)
            is List<*> -> json.map(::fromJson)
            is Map<*, *> -> if (json.keys.singleOrNull().let { it is String && it.startsWith("$") }) untagged(json) else plain(json)
            else -> json
        }

    private fun plain(json: Map<*, *>) = json.entries.associate { (key, value) -> key as String to fromJson(value) }

    private fun untagged(json: Map<*, *>): Any? {
        val (tag, value) = json.entries.single()
        return when (tag) {
            "\$unit" -> Unit
            "\$set" -> elements(value).toSet()
            "\$pair" -> elements(value).let { (first, second) -> first to second }
            "\$map" -> elements(value).associate { entry -> (entry as List<*>).let { (key, value) -> key to value } }
            else -> requireNotNull(byTag[tag]) { "unknown type $tag" }.read(value as String)
        }
    }

    private fun elements(json: Any?): List<Any?> = (json as List<*>).map(::fromJson)
}
