package dev.reprise.http

import java.time.DateTimeException
import java.time.Instant
import java.time.LocalDateTime
import java.time.ZoneOffset
import java.time.format.DateTimeFormatter
import java.time.format.DateTimeFormatterBuilder
import java.time.temporal.ChronoField
import java.util.Locale
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration

/** Reads the HTTP header `Retry-After` (RFC 9110, section 10.2.3). */
public object RetryAfter {
    /**
     * Returns the delay that [header] asks for: a number of seconds, with or without a fraction, or a date in one of the three forms of HTTP.
     *
     * A date is compared with [date], the header `Date` of the same response, because the clock of the server can be wrong; without a readable
     * one with [now] (default: the clock of this machine). A negative number and a date in the past are zero. Null if [header] is null,
     * unreadable or longer than ten years.
     */
    @JvmSynthetic
    public fun parse(
        header: String?,
        date: String? = null,
        now: Instant = Instant.now(),
    ): Duration? {
        val text = header?.trim() ?: return null
        val delay =
            if (SECONDS.matches(text)) {
                text.toDouble().seconds
            } else {
                val until = instant(text, now) ?: return null
                java.time.Duration
                    .between(date?.let { instant(it.trim(), now) } ?: now, until)
                    .toKotlinDuration()
            }
        return delay.coerceAtLeast(Duration.ZERO).takeIf { it <= LONGEST }
    }

    /** [parse] for Java, with the clock of this machine. */
    @JvmStatic
    @JvmName("parse")
    public fun parseJava(
        header: String?,
        date: String?,
    ): java.time.Duration? = parse(header, date)?.toJavaDuration()

    /** [parse] for Java. */
    @JvmStatic
    @JvmName("parse")
    public fun parseJava(
        header: String?,
        date: String?,
        now: Instant,
    ): java.time.Duration? = parse(header, date, now)?.toJavaDuration()

    /**
     * Returns the delay until [reset], the value of a header such as `RateLimit-Reset` or `X-RateLimit-Reset`: seconds, or, above ten years, a
     * Unix timestamp, which is compared with [date] or [now] as in [parse]. Null if [reset] is null or unreadable.
     */
    internal fun parseReset(
        reset: String?,
        date: String?,
        now: Instant = Instant.now(),
    ): Duration? {
        val number =
            reset
                ?.trim()
                ?.takeIf { SECONDS.matches(it) }
                ?.toDouble()
                ?.seconds ?: return null
        if (number <= LONGEST) return number.coerceAtLeast(Duration.ZERO)
        val start = date?.let { instant(it.trim(), now) } ?: now
        return (number - start.epochSecond.seconds).coerceAtLeast(Duration.ZERO).takeIf { it <= LONGEST }
    }

    private fun instant(
        text: String,
        now: Instant,
    ): Instant? {
        // The weekday says nothing new, and some servers compute it wrongly.
        val withoutWeekday = text.replaceFirst(WEEKDAY, "")
        return formats(now).firstNotNullOfOrNull { format ->
            try {
                LocalDateTime.parse(withoutWeekday, format).toInstant(ZoneOffset.UTC)
            } catch (_: DateTimeException) {
                null
            }
        }
    }

    /** A year of two digits is in the fifty years after [now] or in the fifty before. */
    private fun formats(now: Instant): List<DateTimeFormatter> {
        val century = now.atOffset(ZoneOffset.UTC).year - YEARS_BACK
        return listOf(
            format("d MMM uuuu HH:mm:ss 'GMT'"),
            DateTimeFormatterBuilder()
                .parseCaseInsensitive()
                .appendPattern("d-MMM-")
                .appendValueReduced(ChronoField.YEAR, 2, 2, century)
                .appendPattern(" HH:mm:ss 'GMT'")
                .toFormatter(Locale.US),
            format("MMM d HH:mm:ss uuuu"),
            format("MMM  d HH:mm:ss uuuu"),
        )
    }

    private fun format(pattern: String) = DateTimeFormatterBuilder().parseCaseInsensitive().appendPattern(pattern).toFormatter(Locale.US)

    private val SECONDS = Regex("""-?\d{1,15}(\.\d{1,9})?""")
    private val WEEKDAY = Regex("""^[A-Za-z]{3,9},?\s+(?=\S+[ -])""")
    private val LONGEST = (10 * 365).days
    private const val YEARS_BACK = 50
}
