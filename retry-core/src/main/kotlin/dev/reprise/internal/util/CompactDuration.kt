package dev.reprise.internal.util

import java.math.BigDecimal
import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds

private const val INFINITE = "infinite"

/** The units of the notation, largest first. */
private enum class TimeUnit(
    val nanos: Long,
) {
    D(86_400_000_000_000),
    H(3_600_000_000_000),
    M(60_000_000_000),
    S(1_000_000_000),
    MS(1_000_000),
    US(1_000),
    NS(1),
    ;

    val symbol: String = name.lowercase()
}

private val PART = Regex("""(\d+(?:\.\d+)?)(d|h|ms|m|us|ns|s)""")

/** Nanoseconds as the notation writes a duration: `250ms`, `1m30s`, `1.5s`, `3d`; exact. */
internal fun Long.compact(): String {
    if (this >= LONGEST_WAIT) return INFINITE
    if (this == 0L) return "0s"
    val text = StringBuilder()
    var rest = this
    for (unit in listOf(TimeUnit.D, TimeUnit.H, TimeUnit.M)) {
        if (rest >= unit.nanos) text.append(rest / unit.nanos).append(unit.symbol)
        rest %= unit.nanos
    }
    if (rest > 0) {
        val unit = TimeUnit.entries.first { rest >= it.nanos }
        text.append(rest.toBigDecimal().divide(unit.nanos.toBigDecimal()).toPlainString()).append(unit.symbol)
    }
    return text.toString()
}

/** The duration in the same notation, with a sign if it is negative. */
internal fun Duration.compact(): String = if (isNegative()) "-${(-this).toWaitNanos().compact()}" else toWaitNanos().compact()

/** The duration that [word] denotes, or null if it is none: its units must get smaller, and it must not be finer than a nanosecond. */
internal fun durationOf(word: String): Duration? {
    if (word == INFINITE) return Duration.INFINITE
    val unsigned = word.removePrefix("-")
    val parts = PART.findAll(unsigned).map { it.groupValues[1].toBigDecimal() to TimeUnit.valueOf(it.groupValues[2].uppercase()) }.toList()
    if (unsigned.isEmpty() || PART.replace(unsigned, "").isNotEmpty()) return null
    if (parts.zipWithNext().any { (a, b) -> a.second >= b.second }) return null
    val nanos = parts.fold(BigDecimal.ZERO) { sum, (count, unit) -> sum + count * unit.nanos.toBigDecimal() }
    if (nanos.stripTrailingZeros().scale() > 0) return null
    val duration = if (nanos >= LONGEST_WAIT.toBigDecimal()) Duration.INFINITE else nanos.toLong().nanoseconds
    return if (word == unsigned) duration else -duration
}
