package dev.reprise.console.internal.pages

import dev.reprise.console.internal.html.grouped
import dev.reprise.console.internal.kit.Visit
import dev.reprise.queue.operate.Pulse
import java.time.Instant
import java.time.temporal.ChronoUnit
import kotlin.time.Duration.Companion.minutes

/** The attempts of one minute. */
internal class StormMinute(
    val at: Instant,
    private val pulses: List<Pulse>,
) {
    val first: Long get() = pulses.sumOf { it.firstAttempts.toLong() }
    val retries: Long get() = pulses.sumOf { it.retries.toLong() }
    val errors: Map<String, Long> =
        pulses
            .flatMap {
                it.errorTypes.entries
            }.groupBy({ it.key }, { it.value.toLong() })
            .mapValues { it.value.sum() }

    fun errors(type: String): Long = errors[type] ?: 0

    fun otherErrors(types: List<String>): Long = errors.filterKeys { it !in types }.values.sum()
}

/** Many calls that become due in the same minute. */
internal class Spike(
    val at: Instant,
    val number: String,
) {
    /** The parameters of the page that spreads them. */
    fun spread(): Array<Pair<String, Any?>> =
        arrayOf(
            "action" to "spread",
            "over" to "30m",
            "state" to "ready",
            "due-since" to at,
            "due-before" to at.plus(1, ChronoUnit.MINUTES),
        )
}

/** What the page about retry storms shows: the last hour, and the next. */
internal class Storm private constructor(
    val minutes: List<StormMinute>,
    val due: List<Long>,
    private val dueFrom: Instant,
) {
    /** The classes that failed most, at most four. */
    val topErrors: List<String> =
        minutes
            .flatMap {
                it.errors.entries
            }.groupBy({ it.key }, { it.value })
            .entries
            .sortedByDescending { it.value.sum() }
            .take(MOST_ERRORS)
            .map { it.key }

    fun dueAt(bucket: Int): Instant = dueFrom.plus(bucket.toLong(), ChronoUnit.MINUTES)

    /** The largest minute, if it is far above the others. */
    val spike: Spike?
        get() {
            val largest = due.indices.maxByOrNull { due[it] } ?: return null
            val usual = due.sorted()[due.size / 2]
            val number = due[largest]
            if (number < SMALLEST_SPIKE || number < SPIKE_FACTOR * maxOf(usual, 1)) return null
            return Spike(dueAt(largest), number.grouped() + if (number >= CAP) "+" else "")
        }

    companion object {
        /** As many are counted for a handler and a minute. */
        const val CAP = 500L

        private const val MINUTES = 60
        private const val MOST_ERRORS = 4
        private const val SMALLEST_SPIKE = 20
        private const val SPIKE_FACTOR = 5

        suspend fun read(visit: Visit): Storm {
            val now = visit.now.truncatedTo(ChronoUnit.MINUTES)
            val from = now.minus(MINUTES - 1L, ChronoUnit.MINUTES)
            val pulses = visit.operator.pulse(from, now.plus(1, ChronoUnit.MINUTES)).groupBy { it.at }
            val minutes = List(MINUTES) { from.plus(it.toLong(), ChronoUnit.MINUTES) }.map { StormMinute(it, pulses[it].orEmpty()) }
            return Storm(minutes, visit.operator.due(emptySet(), now, 1.minutes, MINUTES), now)
        }
    }
}
