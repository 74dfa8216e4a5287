package dev.reprise.workflow

import dev.reprise.workflow.model.ValueCodec
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.withClue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import java.math.BigDecimal
import java.time.Instant
import java.time.LocalDate
import java.util.UUID
import kotlin.time.Duration.Companion.milliseconds

private class Unknown

class JsonValuesTest : FunSpec({
    test("what is known comes back as it was, of the same type") {
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
            withClue(ValueCodec.Simple.encode(value)) {
                val restored = ValueCodec.Simple.decode(ValueCodec.Simple.encode(value))
                restored shouldBe value
                if (value !is Collection<*> && value !is Map<*, *>) restored?.javaClass shouldBe value?.javaClass
            }
        }
        (ValueCodec.Simple.decode(ValueCodec.Simple.encode(Double.NaN)) as Double).isNaN() shouldBe true
        (ValueCodec.Simple.decode(ValueCodec.Simple.encode(byteArrayOf(1, -1))) as ByteArray).toList() shouldBe listOf<Byte>(1, -1)
    }

    test("it is plain JSON where that is enough") {
        ValueCodec.Simple.encode(mapOf("name" to "x", "sizes" to listOf(1, 2.5, null))) shouldBe """{"name":"x","sizes":[1,2.5,null]}"""
        ValueCodec.Simple.encode(7L) shouldBe """{"${'$'}long":"7"}"""
    }

    test("what is not known is refused by the name of its class") {
        shouldThrow<IllegalArgumentException> { ValueCodec.Simple.encode(listOf(Unknown())) }.message shouldBe
            "there is no simple text for dev.reprise.workflow.Unknown: hand a ResultCodec to the store that knows it"
    }
})
