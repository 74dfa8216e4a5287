package dev.reprise.restate.internal

import com.fasterxml.jackson.databind.DeserializationFeature
import com.fasterxml.jackson.databind.ObjectMapper
import com.fasterxml.jackson.databind.json.JsonMapper
import dev.restate.serde.Serde

/** What the services keep and pass is JSON, which a person can read and send. */
internal object Json {
    private const val TYPE = "application/json"

    val mapper: ObjectMapper = JsonMapper.builder().configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false).build()

    /** Nothing. */
    val nothing: Serde<Unit> = Serde.using<Unit>(TYPE, { "null".toByteArray() }, { })

    /** A text as it is, for state that is selected by its value. */
    val plain: Serde<String> = Serde.using<String>({ it.toByteArray() }, { it.decodeToString() })

    inline fun <reified T : Any> of(): Serde<T> = of(T::class.javaObjectType)

    fun <T : Any> of(type: Class<T>): Serde<T> = Serde.using<T>(TYPE, { mapper.writeValueAsBytes(it) }, { mapper.readValue(it, type) })
}
