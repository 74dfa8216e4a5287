package dev.reprise.internal.queue

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeSorted
import io.kotest.matchers.collections.shouldBeUnique
import io.kotest.matchers.shouldBe

class CorrelationIdsTest : FunSpec({
    val ids = List(10_000) { CorrelationIds.next() }

    test("ids have 32 letters and digits, are unique and sort by their creation") {
        ids.filterNot { Regex("[0-9A-Za-z]{32}").matches(it) } shouldBe emptyList()
        ids.shouldBeUnique()
        ids.shouldBeSorted()
    }

    test("the eleventh character is the shard, 0, and each of the others behind it takes every value") {
        ids.map { it[10] }.toSet() shouldBe setOf('0')
        (11 until 32).map { at -> ids.map { it[at] }.toSet().size }.toSet() shouldBe setOf(62)
    }
})
