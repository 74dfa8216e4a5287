package dev.reprise.internal.util

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe

class GrowingMapTest : FunSpec({
    test("a map that was made from another has its entries and one more; the other one is unchanged") {
        val one = GrowingMap.empty<Int>().plus("a", 1)
        val two = one.plus("b", 2)
        one shouldBe mapOf("a" to 1)
        two shouldBe mapOf("a" to 1, "b" to 2)
        one["b"].shouldBeNull()
        one.containsKey("b") shouldBe false
        two.last shouldBe 2
        two.from(1).map { it.key } shouldBe listOf("b")
        two.continues(one) shouldBe true
        one.continues(two) shouldBe false
    }

    test("of two maps that were made from the same one, each has its own entry") {
        val one = GrowingMap.empty<Int>().plus("a", 1)
        val two = one.plus("b", 2)
        val other = one.plus("c", 3)
        two shouldBe mapOf("a" to 1, "b" to 2)
        other shouldBe mapOf("a" to 1, "c" to 3)
        other.continues(one) shouldBe false
    }

    test("a key keeps its first value and its place") {
        val map = GrowingMap.of(linkedMapOf("b" to 1, "a" to 2))
        map.plus("b", 3) shouldBe map
        map.keys.toList() shouldBe listOf("b", "a")
    }
})
