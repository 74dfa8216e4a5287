package dev.reprise.http

import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.property.Arb
import io.kotest.property.arbitrary.string
import io.kotest.property.checkAll
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

private val now = Instant.parse("2026-11-29T12:00:00Z")

private fun parsed(
    header: String?,
    date: String? = null,
): Duration? = RetryAfter.parse(header, date, now)

class RetryAfterTest : FunSpec({
    test("a number is a number of seconds, and a fraction counts") {
        parsed("120") shouldBe 120.seconds
        parsed(" 0 ") shouldBe Duration.ZERO
        parsed("1.5") shouldBe 1500.milliseconds
        parsed("-30") shouldBe Duration.ZERO
    }

    test("a date is read in the three forms of HTTP, whatever its weekday") {
        listOf(
            "Sun, 29 Nov 2026 12:05:00 GMT",
            "Mon, 29 Nov 2026 12:05:00 GMT",
            "sun, 29 nov 2026 12:05:00 gmt",
            "Sunday, 29-Nov-26 12:05:00 GMT",
            "Sun Nov 29 12:05:00 2026",
        ).map { parsed(it) } shouldBe List(5) { 5.minutes }
        parsed("Tue Dec  1 12:00:00 2026") shouldBe 2.days
    }

    test("a year of two digits is near the present") {
        RetryAfter.parse("Thursday, 29-Nov-01 12:00:00 GMT", now = Instant.parse("2099-11-29T12:00:00Z")) shouldBe (2 * 365).days
        parsed("Sunday, 06-Nov-94 08:49:37 GMT") shouldBe Duration.ZERO
    }

    test("a date is compared with the clock of the server, if the response has one") {
        parsed("Sun, 29 Nov 2026 12:05:00 GMT", date = "Sun, 29 Nov 2026 12:04:30 GMT") shouldBe 30.seconds
        parsed("Sun, 29 Nov 2026 12:05:00 GMT", date = "noon") shouldBe 5.minutes
        parsed("60", date = "Sun, 29 Nov 2020 12:00:00 GMT") shouldBe 60.seconds
    }

    test("what cannot be read, or is longer than ten years, is no hint") {
        listOf(
            null,
            "",
            "soon",
            "1e3",
            "NaN",
            "12 s",
            "2026-11-29T12:05:00Z",
            "Sun, 29 Nov 2026",
            "999999999999",
            "Sun, 29 Nov 2099 12:05:00 GMT",
        ).forEach { parsed(it).shouldBeNull() }
    }

    test("no header makes it throw") {
        checkAll(Arb.string(0, 40)) { RetryAfter.parse(it, it, now) }
    }

    test("Java reads the same") {
        RetryAfter.parseJava("1.5", null) shouldBe java.time.Duration.ofMillis(1500)
        RetryAfter.parseJava("Sun, 29 Nov 2026 12:05:00 GMT", null, now) shouldBe java.time.Duration.ofMinutes(5)
        RetryAfter.parseJava(null, null).shouldBeNull()
    }
})
