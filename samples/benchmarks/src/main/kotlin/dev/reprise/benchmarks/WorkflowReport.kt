package dev.reprise.benchmarks

import dev.reprise.workflow.JdbcWorkflowStore
import kotlinx.coroutines.runBlocking
import java.util.Locale
import kotlin.io.path.createTempDirectory

/** What a task of a workflow costs, by the order and the number of tasks and by who runs them; and whether the bars of it are held. */
class WorkflowReport(
    private val rounds: Int,
) {
    private val bars = ArrayList<Pair<String, Boolean>>()

    fun print() {
        println("| tasks | " + SIZES.joinToString(" | ") { "%,d".format(Locale.ROOT, it) } + " | bar | |")
        println("|---|" + "---|".repeat(SIZES.size) + "---|---|")
        TaskContender.entries.forEach(::measure)
        for (order in Order.entries) for (parallelism in listOf(1, 2)) onSqlite(order, parallelism)
        scaling()
        println()
        println("Per task: time on a processor, bytes allocated, bytes kept by the run when it is over. Medians, each in a JVM of its own.")
        println("A saga keeps neither states nor names, cannot be resumed, and decides nothing.")
        println("${bars.count { it.second }} bars held, ${bars.count { !it.second }} not held")
    }

    /** The cost of a saga grows with the number of its tasks: a hundred thousand did not end in minutes. */
    private fun measure(contender: TaskContender) {
        val sizes = if (contender == TaskContender.Saga) SIZES.dropLast(1) else SIZES
        val costs = sizes.map { tasks -> contender.cost(tasks).also { System.err.println("${contender.title}, $tasks: ${it.text()}") } }
        val growth = (costs.last().nanos / costs[1].nanos).takeIf { sizes == SIZES }
        val isBar = contender in LEVEL_BARS
        val text = growth?.let { "%.2fx from 1,000 to 100,000".format(Locale.ROOT, it) }.orEmpty() + if (isBar) ", at most 1.5x" else ""
        row(contender.title, costs, text, if (isBar) checkNotNull(growth) <= LEVEL else null)
    }

    /** Each step is a transaction on the disk, and the disk is what takes the time: on the wall, once. */
    private fun onSqlite(
        order: Order,
        parallelism: Int,
    ) {
        val cells =
            SIZES.map { tasks ->
                val folder = createTempDirectory("benchmark")
                val workflow = order.build(tasks)
                val nanos =
                    runBlocking {
                        JdbcWorkflowStore.open(folder.resolve("runs.db")).use { store ->
                            val begin = System.nanoTime()
                            ours(workflow, parallelism) { store }.run()
                            System.nanoTime() - begin
                        }
                    }
                folder.toFile().deleteRecursively()
                "%,.0f µs on the wall".format(Locale.ROOT, nanos / 1000.0 / tasks).also {
                    System.err.println("$order on SQLite, $tasks: $it")
                }
            }
        val name = "${order.name.lowercase()}, ${if (parallelism == 1) "serial" else "parallel"}, SQLite"
        println("| $name | ${cells.joinToString(" | ")} | | |")
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
        bar: String,
        held: Boolean?,
    ) {
        if (held != null) bar(name, held)
        val cells = costs.map { it.text() } + List(SIZES.size - costs.size) { "not run" }
        println("| $name | ${cells.joinToString(" | ")} | $bar | ${held?.let(::word).orEmpty()} |")
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
        val LEVEL_BARS = setOf(TaskContender.Linear, TaskContender.LinearParallel)
        const val SCALES = 0.85
    }
}
