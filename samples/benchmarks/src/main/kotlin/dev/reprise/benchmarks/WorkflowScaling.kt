package dev.reprise.benchmarks

import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.unordered
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runBlocking
import kotlin.concurrent.thread
import kotlin.system.measureNanoTime

/**
 * How many times as fast [cores] do what one does, by a workflow and by bare threads. The bare ones show what the machine has to give at the
 * moment.
 */
class WorkflowScaling(
    private val cores: Int = Runtime.getRuntime().availableProcessors(),
) {
    private val flow = unordered("work") { repeat(TASKS) { task("t$it") { work(it) } } }

    /** The medians of [rounds] rounds. */
    fun speedUps(rounds: Int): Pair<Double, Double> {
        repeat(2) { once() }
        val measured = List(rounds) { once() }
        return measured.map { it.first }.sorted()[rounds / 2] to measured.map { it.second }.sorted()[rounds / 2]
    }

    private fun once(): Pair<Double, Double> =
        (workflow(1) / workflow(cores).toDouble()) to (bareThreads(1) / bareThreads(cores).toDouble())

    private fun workflow(parallelism: Int): Long =
        measureNanoTime {
            runBlocking {
                WorkflowEngine {
                    this.parallelism = parallelism
                    context = Dispatchers.Default
                }.executeOrThrow(flow)
            }
        }

    private fun bareThreads(count: Int): Long =
        measureNanoTime {
            val all = List(count) { first -> thread { for (task in first until TASKS step count) work(task) } }
            all.forEach { it.join() }
        }

    /** Some milliseconds of arithmetic. */
    private fun work(seed: Int): Long = (0 until STEPS).fold(seed.toLong()) { sum, step -> sum * MULTIPLIER + step }

    private companion object {
        const val TASKS = 200
        const val STEPS = 2_000_000
        const val MULTIPLIER = 6364136223846793005L
    }
}
