package dev.reprise.benchmarks

import com.sun.management.ThreadMXBean
import kotlinx.coroutines.runBlocking
import java.lang.management.ManagementFactory

/** What one task takes: nanoseconds on a processor, bytes allocated, and bytes that stay as long as the run is known. */
data class TaskCost(
    val nanos: Double,
    val allocated: Double,
    val kept: Double,
)

private val threads = ManagementFactory.getThreadMXBean() as ThreadMXBean

/** The best of [rounds], each of which runs [tasks] as often as it takes to have run [atLeast] of them; after as many to warm up. */
fun costOf(
    runs: Runs,
    tasks: Int,
    rounds: Int,
    atLeast: Int,
): TaskCost {
    val repeats = maxOf(1, atLeast / tasks)
    val measured = List(2 * rounds) { once(runs, repeats, repeats.toDouble() * tasks) }.drop(rounds)
    return TaskCost(measured.minOf { it.first }, measured.minOf { it.second }, kept(runs) / tasks)
}

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
