package dev.reprise.benchmarks.console

import java.util.Locale

/** How long a question takes on one database, by the number of calls in it: sorted nanoseconds. */
class Times(
    private val bySize: List<LongArray>,
) {
    private val many = bySize.last()
    private val ratios = bySize.dropLast(1).map { many.percentile(50) / it.percentile(50) }

    val isFast: Boolean get() = many.percentile(95) <= MOST_MILLIS

    /** Below half a millisecond the noise of a machine is larger than the bar. */
    val isFlat: Boolean get() = ratios.first() <= MOST_RATIO || many.percentile(50) - bySize.first().percentile(50) <= NOISE_MILLIS

    val cells: List<String>
        get() = bySize.map { "${it.percentile(50).shown(1)} / ${it.percentile(95).shown(1)}" } + ratios.joinToString { "${it.shown(2)}x" }

    private fun LongArray.percentile(percent: Int) = this[size * percent / 100] / NANOS_PER_MILLI

    private fun Double.shown(digits: Int) = "%.${digits}f".format(Locale.ROOT, this)

    private companion object {
        const val MOST_MILLIS = 100.0
        const val MOST_RATIO = 1.3
        const val NOISE_MILLIS = 0.5
        const val NANOS_PER_MILLI = 1e6
    }
}

/** One question on all databases. */
class QuestionRow(
    private val name: String,
    private val times: List<Times>,
) {
    val isHeld: Boolean get() = times.all { it.isFast && it.isFlat }

    override fun toString(): String {
        val missed = listOf("the time".takeUnless { times.all(Times::isFast) }, "the ratio".takeUnless { times.all(Times::isFlat) })
        val verdict = if (isHeld) "held" else "NOT HELD: ${missed.filterNotNull().joinToString()}"
        return (listOf("`$name`") + times.flatMap { it.cells } + verdict).joinToString(" | ", "| ", " |")
    }

    companion object {
        private const val BAR = "at a million p95 at most 100 ms, p50 at most 1.3x of 10,000 or 0.5 ms more"

        val HEAD: String =
            (
                listOf("what") + listOf("SQLite", "PostgreSQL").flatMap { listOf("$it, 10,000", "100,000", "1,000,000", "ratios of p50") } +
                    BAR
            ).let { titles -> titles.joinToString(" | ", "| ", " |") + "\n" + titles.joinToString("|", "|", "|") { "---" } }
    }
}
