package dev.reprise.workflow

import dev.reprise.workflow.model.ValueCodec
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import java.math.BigDecimal
import java.time.Instant
import java.time.LocalDate
import java.util.UUID
import kotlin.time.Duration.Companion.milliseconds

private class Unknown

class JsonValuesTest : FunSpec({
    test("values of known types are read back unchanged, with the same type") {
        val values =
            listOf(
                null,
                Unit,
                "text \"quoted\"\n",
                'c',
                true,
                1,
                Int.MIN_VALUE,
                1L,
                Long.MAX_VALUE,
                1.toShort(),
                2.toByte(),
                1.5f,
                1.0,
                -0.0,
            ) +
                listOf(Double.NEGATIVE_INFINITY, 1e300, BigDecimal("1.10"), UUID(1, 2), 1500.milliseconds, Instant.EPOCH) +
                listOf(LocalDate.EPOCH, listOf(1, listOf("a", null)), setOf(1L, 2L), 1 to "one", mapOf("a" to 1, "b" to mapOf("c" to 2L))) +
                listOf(mapOf(1 to "one"), mapOf("\$long" to "not a number"), emptyList<Int>(), emptyMap<String, Int>())
        for (value in values) {
            withClue(ValueCodec.Json.encode(value)) {
                val restored = ValueCodec.Json.decode(ValueCodec.Json.encode(value))
                restored shouldBe value
                if (value !is Collection<*> && value !is Map<*, *>) restored?.javaClass shouldBe value?.javaClass
            }
        }
        (ValueCodec.Json.decode(ValueCodec.Json.encode(Double.NaN)) as Double).isNaN() shouldBe true
        (ValueCodec.Json.decode(ValueCodec.Json.encode(byteArrayOf(1, -1))) as ByteArray).toList() shouldBe listOf<Byte>(1, -1)
    }

    test("plain JSON is used where that is enough") {
        ValueCodec.Json.encode(mapOf("name" to "x", "sizes" to listOf(1, 2.5, null))) shouldBe """{"name":"x","sizes":[1,2.5,null]}"""
        ValueCodec.Json.encode(7L) shouldBe """{"${'$'}long":"7"}"""
    }

    test("what is nested too deep to be read everywhere is rejected, and so is what contains itself") {
        fun nested(levels: Int) = (1..levels).fold<Int, Any>(0) { inner, _ -> mapOf(inner to listOf(1)) }
        (ValueCodec.Json.decode(ValueCodec.Json.encode(nested(100))) == nested(100)) shouldBe true
        shouldThrow<IllegalArgumentException> { ValueCodec.Json.encode(nested(201)) }.message shouldContain "at most 200 nested levels"
        val cycle = ArrayList<Any>().also { it.add(it) }
        shouldThrow<IllegalArgumentException> { ValueCodec.Json.encode(cycle) }
    }

    test("a value of an unknown type is rejected with the name of its class") {
        shouldThrow<IllegalArgumentException> { ValueCodec.Json.encode(listOf(Unknown())) }.message shouldBe
            "ValueCodec.Json cannot write dev.reprise.workflow.Unknown: pass the store a ValueCodec that can"
    }
})
