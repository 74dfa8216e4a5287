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

    test("an id has its time, and sorts behind the lowest of that time") {
        val (start, end) = System.currentTimeMillis() to System.currentTimeMillis() + 60_000
        val id = CorrelationIds.next()
        (CorrelationIds.millisOf(id)!! in start - 60_000..end) shouldBe true
        (CorrelationIds.lowest(CorrelationIds.millisOf(id)!!) <= id) shouldBe true
        (id < CorrelationIds.lowest(CorrelationIds.millisOf(id)!! + 1)) shouldBe true
        CorrelationIds.millisOf(CorrelationIds.lowest(1_700_000_000_000) + "0".repeat(22)) shouldBe 1_700_000_000_000
        listOf(0L, -1L, Long.MIN_VALUE).map { CorrelationIds.lowest(it) }.toSet() shouldBe setOf("0000000000")
        CorrelationIds.lowest(Long.MAX_VALUE) shouldBe CorrelationIds.lowest(204_906_000_000_000)
        listOf("", "order/7", "é".repeat(32), "A".repeat(31)).map { CorrelationIds.millisOf(it) }.toSet() shouldBe setOf(null)
    }

    test("the eleventh character is the shard, 0, and each of the others behind it takes every value") {
        ids.map { it[10] }.toSet() shouldBe setOf('0')
        (11 until 32).map { at -> ids.map { it[at] }.toSet().size }.toSet() shouldBe setOf(62)
    }
})
