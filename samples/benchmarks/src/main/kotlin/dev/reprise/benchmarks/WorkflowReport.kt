package dev.reprise.benchmarks

import dev.reprise.workflow.InMemoryWorkflowStore
import dev.reprise.workflow.jdbc.JdbcWorkflowStore
import kotlinx.coroutines.runBlocking
import java.nio.file.Files
import java.util.Locale

/** What a task of a workflow costs, by the order and the number of tasks and by who runs them; and whether the bars of it are held. */
class WorkflowReport(
    private val rounds: Int,
) {
    private val bars = ArrayList<Pair<String, Boolean>>()

    fun print() {
        println("| tasks | " + SIZES.joinToString(" | ") { "%,d".format(Locale.ROOT, it) } + " | bar | |")
        println("|---|" + "---|".repeat(SIZES.size) + "---|---|")
        for (order in Order.entries) {
            for (parallelism in listOf(1, 2)) ours(order, parallelism)
        }
        row("hand-written loop", SIZES.map { measured(handWritten(it), it) })
        sagas()
        onSqlite()
        scaling()
        println()
        println("Per task: time on a processor, bytes allocated, bytes kept by the run when it is over. The best of $rounds rounds.")
        println("A saga keeps neither states nor names, cannot be resumed, and decides nothing.")
        println("${bars.count { it.second }} bars held, ${bars.count { !it.second }} not held")
    }

    private fun ours(
        order: Order,
        parallelism: Int,
    ) {
        val costs = SIZES.map { tasks -> measured(ours(order.build(tasks), parallelism, ::InMemoryWorkflowStore), tasks) }
        val ratio = costs.last().nanos / costs[costs.size - 2].nanos
        val name = "${order.name.lowercase()}, ${if (parallelism == 1) "serial" else "parallel"}"
        row(name, costs, "%.2fx from 1,000 to 100,000, at most 1.5x".format(Locale.ROOT, ratio), ratio <= LEVEL)
    }

    /** Its cost grows with the number of tasks: a hundred thousand did not end in minutes. */
    private fun sagas() {
        val cells = SIZES.dropLast(1).map { measured(saga(it), it).text() }
        println("| Arrow's Saga | ${cells.joinToString(" | ")} | not run | | |")
    }

    private fun measured(
        runs: Runs,
        tasks: Int,
    ) = costOf(runs, tasks, rounds, SIZES.last()).also { System.err.println("workflow: $tasks tasks, ${it.text()}") }

    /** Each task is a transaction on the disk, and the disk is what takes the time: on the wall, for two sizes. */
    private fun onSqlite() {
        val cells =
            SIZES.dropLast(1).map { tasks ->
                val file = Files.createTempDirectory("benchmark").resolve("runs.db")
                val workflow = Order.Linear.build(tasks)
                val nanos =
                    runBlocking {
                        JdbcWorkflowStore.open(file).use { store ->
                            val begin = System.nanoTime()
                            ours(workflow, 1) { store }.run()
                            System.nanoTime() - begin
                        }
                    }
                "%,.0f µs on the wall".format(Locale.ROOT, nanos / 1000.0 / tasks)
            }
        println("| linear, serial, SQLite | ${cells.joinToString(" | ")} | not run | | |")
    }

    private fun scaling() {
        val (ours, bare) = WorkflowScaling().speedUps(rounds)
        val text = "%.2fx, bare threads %.2fx".format(Locale.ROOT, ours, bare)
        bar("parallel", ours >= SCALES * bare)
        println("| work on all cores | | | $text | at least 0.85 of bare threads | ${word(ours >= SCALES * bare)} |")
    }

    private fun row(
        name: String,
        costs: List<TaskCost>,
        bar: String = "",
        held: Boolean? = null,
    ) {
        if (held != null) bar(name, held)
        println("| $name | ${costs.joinToString(" | ") { it.text() }} | $bar | ${held?.let(::word).orEmpty()} |")
    }

    private fun bar(
        name: String,
        held: Boolean,
    ) {
        bars += name to held
    }

    private fun word(held: Boolean) = if (held) "held" else "NOT HELD"

    private fun TaskCost.text() = "%,.0f ns, %,.0f B, %,.0f B kept".format(Locale.ROOT, nanos, allocated, kept)

    private companion object {
        val SIZES = listOf(10, 1_000, 100_000)
        const val LEVEL = 1.5
        const val SCALES = 0.85
    }
}
