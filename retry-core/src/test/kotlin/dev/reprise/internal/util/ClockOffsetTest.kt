package dev.reprise.internal.util

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.list
import io.kotest.property.arbitrary.long
import io.kotest.property.arbitrary.triple
import io.kotest.property.checkAll

class ClockOffsetTest : FunSpec({
    test("a jump is what no slow reading explains") {
        val offset = ClockOffset()
        val jumps =
            listOf(
                Triple(1_000L, 0L, 1L),
                // The answer took four seconds, and then the next one none.
                Triple(2_000L, 1_000L, 5_000L),
                Triple(6_000L, 5_000L, 5_000L),
                Triple(9_000L, 6_000L, 6_000L),
                Triple(4_000L, 7_000L, 7_010L),
            ).map { (shown, askedAt, readAt) -> offset.read(shown, askedAt, readAt) }
        jumps shouldContainExactly listOf(0L, 0L, 0L, 2_000L, -6_000L)
        offset.least shouldBe -3_010
    }

    test("a clock that runs evenly never jumps, however long its readings take") {
        checkAll(Arb.long(-1_000_000L..1_000_000L), Arb.list(Arb.triple(MOMENT, MOMENT, MOMENT), 1..30)) { ahead, steps ->
            val offset = ClockOffset()
            var now = 0L
            for ((before, there, back) in steps) {
                val askedAt = now + before
                val shownAt = askedAt + there
                now = shownAt + back
                offset.read(shownAt + ahead, askedAt, now) shouldBe 0
            }
        }
    }
})

private val MOMENT = Arb.long(0L..10_000L)
