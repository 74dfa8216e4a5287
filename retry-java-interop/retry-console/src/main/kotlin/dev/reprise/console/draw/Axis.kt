package dev.reprise.console.draw

import kotlin.math.ln
import kotlin.math.roundToInt
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/**
 * Where a duration is drawn between the bottom and the top: on a logarithmic scale if the durations differ by more than a factor of 20, unless
 * it has to be linear.
 */
internal class DurationAxis(
    durations: List<Duration>,
    private val bottom: Double,
    private val top: Double,
    isLinear: Boolean,
) {
    private val largest = maxOf(durations.maxOrNull() ?: Duration.ZERO, 1.milliseconds)
    private val smallest = durations.filter { it.isPositive() }.minOrNull() ?: largest
    private val isLogarithmic = !isLinear && largest / smallest > LINEAR_RANGE

    /** Round durations within the range, at most six. */
    val ticks: List<Duration> = if (isLogarithmic) thinned(ROUND.filter { it in smallest..largest }) else linearTicks()

    fun y(duration: Duration): Double {
        val share =
            if (isLogarithmic) ln(maxOf(duration, smallest) / smallest) / ln(largest / smallest) else duration / largest
        return bottom - share * (bottom - top)
    }

    private fun linearTicks(): List<Duration> {
        val step = ROUND.first { largest / it <= MOST_TICKS }
        return (0..(largest / step).toInt()).map { step * it }
    }

    private fun thinned(ticks: List<Duration>): List<Duration> {
        val step = (ticks.size + MOST_TICKS - 1) / MOST_TICKS
        return ticks.filterIndexed { i, _ -> (ticks.lastIndex - i) % maxOf(step, 1) == 0 }
    }

    private companion object {
        const val LINEAR_RANGE = 20.0
        const val MOST_TICKS = 6

        val ROUND =
            listOf(1, 2, 5, 10, 20, 50, 100, 200, 500).map { it.milliseconds } +
                listOf(1, 2, 5, 10, 20, 30).map { it.seconds } +
                listOf(1, 2, 5, 10, 20, 30).map { it.minutes } +
                listOf(1, 2, 4, 6, 12).map { it.hours } +
                listOf(1, 2, 5, 10, 30, 100, 300, 1_000, 10_000, 110_000).map { it.days }
    }
}

/** A coordinate with one decimal, which is a tenth of a pixel. */
internal fun Double.px(): String {
    val tenths = (this * 10).roundToInt()
    return if (tenths % 10 == 0) "${tenths / 10}" else "${tenths / 10.0}"
}
