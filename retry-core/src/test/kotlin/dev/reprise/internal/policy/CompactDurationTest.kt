package dev.reprise.internal.policy

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.util.compact
import dev.reprise.internal.util.durationOf
import dev.reprise.internal.util.toWaitNanos
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.choice
import io.kotest.property.arbitrary.long
import io.kotest.property.arbitrary.map
import io.kotest.property.checkAll
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds

class CompactDurationTest : FunSpec({
    test("durations are printed without spaces, exactly, and parse back") {
        val written =
            mapOf(
                Duration.ZERO to "0s",
                250.milliseconds to "250ms",
                1.5.seconds to "1.5s",
                90.seconds to "1m30s",
                3.days to "3d",
                1.days + 2.hours + 3.minutes + 4.seconds to "1d2h3m4s",
                1.hours + 1.nanoseconds to "1h1ns",
                1.seconds + 1.nanoseconds to "1.000000001s",
                10.microseconds to "10us",
                1_500.nanoseconds to "1.5us",
                100.nanoseconds to "100ns",
                1.minutes + 1.milliseconds to "1m1ms",
                Duration.INFINITE to "infinite",
                200_000.days to "infinite",
            )
        written.mapValues { it.key.toWaitNanos().compact() } shouldBe written
        written.filterValues { it != "infinite" }.values.map { durationOf(it) } shouldBe
            written.filterValues { it != "infinite" }.keys.toList()
        durationOf("infinite") shouldBe Duration.INFINITE
    }

    test("other spellings of the same duration parse as well") {
        durationOf("90s") shouldBe 90.seconds
        durationOf("1s500ms") shouldBe 1.5.seconds
        durationOf("0.5d") shouldBe 12.hours
        durationOf("1.50s") shouldBe 1.5.seconds
        durationOf("0.001us") shouldBe 1.nanoseconds
        durationOf("-1m30s") shouldBe -90.seconds
        durationOf("999999999999999999999d") shouldBe Duration.INFINITE
    }

    test("text that is no duration, or finer than a nanosecond, is rejected") {
        for (word in listOf(
            "",
            "-",
            "5",
            "s",
            "1 s",
            "1.s",
            ".5s",
            "1s1m",
            "1s1s",
            "1ms1s",
            "0.5ns",
            "1.2345678901s",
            "1x",
            "1S",
            "--1s",
            "1s-1ms",
            "NaN",
        )) {
            durationOf(word) shouldBe null
        }
    }

    test("every delay parses back as printed, to the nanosecond") {
        val waits = Arb.choice(Arb.long(0L..LONGEST_WAIT), Arb.long(0L..100_000L), Arb.long(0L..1_000_000L).map { it * 1_000_000 })
        checkAll(2_000, waits) { nanos ->
            val wait = nanos.nanoseconds.toWaitNanos()
            durationOf(wait.compact())?.toWaitNanos() shouldBe wait
        }
    }
})
