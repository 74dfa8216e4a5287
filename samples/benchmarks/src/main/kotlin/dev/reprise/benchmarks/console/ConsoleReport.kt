package dev.reprise.benchmarks.console

import dev.reprise.benchmarks.queue.Databases
import dev.reprise.benchmarks.queue.Kind
import kotlinx.coroutines.runBlocking
import java.util.Locale

/** How long the questions of operators take among ten thousand, a hundred thousand and a million calls, on both databases. */
class ConsoleReport {
    private val rows = ArrayList<QuestionRow>()

    fun run() {
        Databases().use { databases ->
            for (kind in listOf(Kind.RepriseSqlite, Kind.Reprise)) {
                with(databases, kind, SIZES, emptyList(), ::measure)
            }
            println(databases.facts)
        }
        println()
        println(QuestionRow.HEAD)
        rows.sortedBy { it.isPostgres }.forEach(::println)
        println()
        println("${rows.count { it.isHeld }} bars held, ${rows.count { !it.isHeld }} not held")
    }

    /** Opens a database of each of [sizes] inside the one before, so that their questions take turns. */
    private fun with(
        databases: Databases,
        kind: Kind,
        sizes: List<Int>,
        seeded: List<Questions>,
        work: (Kind, List<Questions>) -> Unit,
    ) {
        val size = sizes.firstOrNull() ?: return work(kind, seeded)
        databases.with(kind) { url ->
            System.err.println("${kind.name}: $size calls")
            val source = kind.source(url)
            try {
                with(databases, kind, sizes.drop(1), seeded + Questions(SeededCalls(source, size).seed()), work)
            } finally {
                (source as? AutoCloseable)?.close()
            }
        }
    }

    private fun measure(
        kind: Kind,
        questions: List<Questions>,
    ) {
        for (name in questions.first().byName.keys) {
            val times = measure(questions.map { it.byName.getValue(name) })
            rows += QuestionRow(name, !kind.isSqlite, times).also { System.err.println(it) }
        }
    }

    /** The sorted nanoseconds of each question; they take turns. */
    private fun measure(questions: List<suspend () -> Unit>): List<LongArray> =
        runBlocking {
            repeat(WARM_UP) { questions.forEach { it() } }
            val times = questions.map { LongArray(ROUNDS) }
            for (round in 0 until ROUNDS) {
                for ((question, nanos) in questions.zip(times)) {
                    val begin = System.nanoTime()
                    question()
                    nanos[round] = System.nanoTime() - begin
                }
            }
            times.onEach { it.sort() }
        }

    private companion object {
        val SIZES = listOf(10_000, 100_000, 1_000_000)
        const val WARM_UP = 40
        const val ROUNDS = 200
    }
}

/** One question, and how long it takes among few calls, among more and among many, in sorted nanoseconds. */
class QuestionRow(
    private val name: String,
    val isPostgres: Boolean,
    private val times: List<LongArray>,
) {
    private val many = times.last()
    private val ratios = times.dropLast(1).map { many.percentile(50) / it.percentile(50) }
    private val missed =
        listOfNotNull("the time".takeIf { many.percentile(95) > MOST_MILLIS }, "the ratio".takeIf { ratios.first() > MOST_RATIO })
    val isHeld: Boolean get() = missed.isEmpty()

    override fun toString(): String {
        val database = if (isPostgres) "PostgreSQL" else "SQLite"
        val verdict = if (isHeld) "held" else "NOT HELD: ${missed.joinToString()}"
        val cells = listOf(database, name) + times.map(::shown) + ratios.joinToString { "%.2fx".format(Locale.ROOT, it) } + verdict
        return cells.joinToString(" | ", "| ", " |")
    }

    private fun shown(times: LongArray) = "%.1f / %.1f".format(Locale.ROOT, times.percentile(50), times.percentile(95))

    private fun LongArray.percentile(percent: Int) = this[size * percent / 100] / NANOS_PER_MILLI

    companion object {
        private const val BAR = "p95 at most 100 ms, p50 at most 1.3x of 10,000"
        private const val MOST_MILLIS = 100.0
        private const val MOST_RATIO = 1.3
        private const val NANOS_PER_MILLI = 1e6

        val HEAD: String =
            listOf("database", "what", "10,000 calls: p50 / p95 ms", "100,000 calls", "1,000,000 calls", "p50 to 10,000, 100,000", BAR)
                .let { titles ->
                    titles.joinToString(" | ", "| ", " |") + "\n" + titles.joinToString("|", "|", "|") { "---" }
                }
    }
}
