package dev.reprise.benchmarks.console

import dev.reprise.benchmarks.queue.Databases
import dev.reprise.benchmarks.queue.Kind
import kotlinx.coroutines.runBlocking

/** How long the questions of operators take among ten thousand, a hundred thousand and a million calls, on both databases. */
class ConsoleReport {
    private val measured = LinkedHashMap<String, MutableList<Times>>()

    fun run() {
        Databases().use { databases ->
            KINDS.forEach { kind -> with(databases, kind, SIZES, emptyList()) { measure(kind, it) } }
            println(databases.facts)
        }
        val rows = measured.map { (name, times) -> QuestionRow(name, times) }
        println()
        println(QuestionRow.HEAD)
        rows.forEach(::println)
        println()
        println("p50 / p95 in milliseconds. ${rows.count { it.isHeld }} bars held, ${rows.count { !it.isHeld }} not held")
    }

    /** Opens a database of each of [sizes] inside the one before, so that their questions take turns. */
    private fun with(
        databases: Databases,
        kind: Kind,
        sizes: List<Int>,
        seeded: List<Questions>,
        work: (List<Questions>) -> Unit,
    ) {
        val size = sizes.firstOrNull() ?: return work(seeded)
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
            measured.getOrPut(name) { ArrayList() } += times
            System.err.println("${kind.name} | $name | ${times.cells.joinToString(" | ")}")
        }
    }

    /** The questions take turns. */
    private fun measure(questions: List<suspend () -> Unit>): Times =
        runBlocking {
            repeat(WARM_UP) { questions.forEach { it() } }
            val nanos = questions.map { LongArray(ROUNDS) }
            for (round in 0 until ROUNDS) {
                for ((question, each) in questions.zip(nanos)) {
                    val begin = System.nanoTime()
                    question()
                    each[round] = System.nanoTime() - begin
                }
            }
            Times(nanos.onEach { it.sort() })
        }

    private companion object {
        val KINDS = listOf(Kind.RepriseSqlite, Kind.Reprise)
        val SIZES = listOf(10_000, 100_000, 1_000_000)
        const val WARM_UP = 25
        const val ROUNDS = 100
    }
}
