package dev.reprise.benchmarks

import com.sun.management.ThreadMXBean
import dev.reprise.workflow.InMemoryWorkflowStore
import kotlinx.coroutines.runBlocking
import java.lang.management.ManagementFactory
import java.nio.file.Path
import kotlin.time.Duration.Companion.seconds

/** What one task takes: nanoseconds on a processor, bytes allocated, and bytes that stay as long as the run is known. */
data class TaskCost(
    val nanos: Double,
    val allocated: Double,
    val kept: Double,
)

/** Those that are compared, by the number of their tasks. */
enum class TaskContender(
    val title: String,
    val runs: (Int) -> Runs,
) {
    Linear("linear, serial", { ours(Order.Linear.build(it), 1, ::InMemoryWorkflowStore) }),
    LinearParallel("linear, parallel", { ours(Order.Linear.build(it), 2, ::InMemoryWorkflowStore) }),
    Unordered("unordered, serial", { ours(Order.Unordered.build(it), 1, ::InMemoryWorkflowStore) }),
    UnorderedParallel("unordered, parallel", { ours(Order.Unordered.build(it), 2, ::InMemoryWorkflowStore) }),
    Nested("nested, serial", { ours(Order.Nested.build(it), 1, ::InMemoryWorkflowStore) }),
    NestedParallel("nested, parallel", { ours(Order.Nested.build(it), 2, ::InMemoryWorkflowStore) }),
    HandWritten("hand-written loop", ::handWritten),
    Saga("Arrow's Saga", ::saga),
    ;

    /**
     * Medians of five JVMs of its own: what others left in the heap and in the compiler's profile is not a cost of these tasks, and two JVMs can differ
     * in how they have compiled a small task.
     */
    fun cost(tasks: Int): TaskCost {
        val costs = List(5) { inOwnProcess(tasks) }
        return TaskCost(median(costs.map { it.nanos }), median(costs.map { it.allocated }), median(costs.map { it.kept }))
    }

    private fun inOwnProcess(tasks: Int): TaskCost {
        val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
        val command =
            listOf(java) + Measurements.JVM_OPTIONS +
                listOf("-cp", System.getProperty("java.class.path"), "dev.reprise.benchmarks.TaskCostKt", name, "$tasks")
        val process = ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start()
        val answer = process.inputStream
            .bufferedReader()
            .readLines()
            .last()
            .split(' ')
            .map { it.toDouble() }
        check(process.waitFor() == 0) { "$title of $tasks tasks has failed" }
        return TaskCost(answer[0], answer[1], answer[2])
    }
}

/** `contender tasks`. */
fun main(arguments: Array<String>) {
    val tasks = arguments[1].toInt()
    val contender = TaskContender.valueOf(arguments[0])
    once(contender.runs(USUAL), WARM_UP * AT_LEAST / USUAL, 1.0)
    val runs = contender.runs(tasks)
    val end = System.nanoTime() + COMPILED.inWholeNanoseconds
    while (System.nanoTime() < end) once(runs, maxOf(1, AT_LEAST / tasks), 1.0)
    val cost = costOf(runs, tasks)
    println("${cost.nanos} ${cost.allocated} ${cost.kept}")
}

private val threads = ManagementFactory.getThreadMXBean() as ThreadMXBean

/** Medians of rounds, each of which runs [tasks] as often as it takes to have run a hundred thousand of them. */
private fun costOf(
    runs: Runs,
    tasks: Int,
): TaskCost {
    val repeats = maxOf(1, AT_LEAST / tasks)
    val measured = List(ROUNDS) { once(runs, repeats, repeats.toDouble() * tasks) }
    return TaskCost(median(measured.map { it.first }), median(measured.map { it.second }), kept(runs) / tasks)
}

private fun median(values: List<Double>) = values.sorted()[values.size / 2]

/** All of it happens on this thread: that of a parallel run too, whose coroutines have the context of their caller. */
private fun once(
    runs: Runs,
    repeats: Int,
    tasks: Double,
): Pair<Double, Double> {
    val time = threads.currentThreadCpuTime
    val bytes = threads.currentThreadAllocatedBytes
    repeat(repeats) { runBlocking { runs.run() } }
    return (threads.currentThreadCpuTime - time) / tasks to (threads.currentThreadAllocatedBytes - bytes) / tasks
}

private fun kept(runs: Runs): Double {
    val before = liveHeap()
    val known = runBlocking { runs.run() }
    val after = liveHeap()
    check(known !== Unit) { "a run should leave something" }
    return maxOf(0.0, (after - before).toDouble())
}

private fun liveHeap(): Long =
    List(3) {
        System.gc()
        ManagementFactory.getMemoryMXBean().heapMemoryUsage.used
    }.min()

private const val AT_LEAST = 100_000

/** A process that has run workflows of a usual size has compiled them well, whatever comes next. */
private const val USUAL = 1000
private const val WARM_UP = 12

/** What short runs do once a run is compiled late. */
private val COMPILED = 5.seconds
private const val ROUNDS = 21
