package dev.reprise.console.internal.html

import java.time.Instant
import java.time.ZoneOffset
import java.time.format.DateTimeFormatter
import java.time.temporal.ChronoUnit
import java.util.Locale
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.DurationUnit

private val SECOND: DateTimeFormatter = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC)
private val MINUTE: DateTimeFormatter = DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC)

/** An instant for people, in UTC and to the second. */
internal fun Instant.forPeople(): String = SECOND.format(this)

/** The time of day of an instant, in UTC and to the minute. */
internal fun Instant.timeOfDay(): String = MINUTE.format(this)

/** A duration for people, to two units at most: `250ms`, `1m 30s`, `2d 4h`. */
internal fun Duration.forPeople(): String =
    when {
        isInfinite() -> "without limit"
        isNegative() -> "-" + (-this).forPeople()
        this == Duration.ZERO -> "0s"
        this < 1.milliseconds -> "<1ms"
        this < 1.seconds -> "${inWholeMilliseconds}ms"
        this < 10.seconds -> toString(DurationUnit.SECONDS, if (inWholeMilliseconds % 1000 == 0L) 0 else 1)
        else -> inTwoUnits()
    }

private fun Duration.inTwoUnits(): String =
    toComponents { days, hours, minutes, seconds, _ ->
        val units = listOf(days to "d", hours.toLong() to "h", minutes.toLong() to "m", seconds.toLong() to "s")
        val first = units.indexOfFirst { it.first > 0 }
        units.subList(first, minOf(first + 2, units.size)).filter { it.first > 0 }.joinToString(" ") { "${it.first}${it.second}" }
    }

/** How far this instant is from [now]: `3m ago`, `in 2h`, `now`. */
internal fun Instant.relativeTo(now: Instant): String {
    val away =
        ChronoUnit.MILLIS
            .between(now, this)
            .milliseconds.inWholeSeconds.seconds
    return when {
        away == Duration.ZERO -> "now"
        away.isNegative() -> "${(-away).forPeople()} ago"
        else -> "in ${away.forPeople()}"
    }
}

/** A number with its noun: `1 call`, `1,200 calls`. */
internal fun count(
    number: Long,
    noun: String,
): String = "${number.grouped()} $noun" + if (number == 1L) "" else "s"

/** A number with a comma between thousands. */
internal fun Long.grouped(): String = String.format(Locale.ROOT, "%,d", this)

/** A constant of an enum for people: `crash loop`. */
internal fun Enum<*>.forPeople(): String = name.lowercase().replace('_', ' ')

/** The name of a class without its package. */
internal fun String.simpleName(): String = substringAfterLast('.').substringAfterLast('$')
