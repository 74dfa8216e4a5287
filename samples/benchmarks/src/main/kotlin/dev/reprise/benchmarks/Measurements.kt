package dev.reprise.benchmarks

import org.openjdk.jmh.annotations.Mode
import org.openjdk.jmh.profile.GCProfiler
import org.openjdk.jmh.results.RunResult
import org.openjdk.jmh.runner.Runner
import org.openjdk.jmh.runner.options.OptionsBuilder
import org.openjdk.jmh.runner.options.TimeValue
import org.openjdk.jmh.runner.options.VerboseMode
import java.util.concurrent.TimeUnit

/** What one operation takes: nanoseconds and bytes. */
data class Cost(
    val nanos: Double,
    val bytes: Double,
)

/** The same thing, done by several contenders. */
data class Measure(
    val benchmark: String,
    val parameters: Map<String, String>,
)

/** Runs the JMH benchmarks, each in a JVM of its own, and keeps every iteration of every round. */
class Measurements(
    private val effort: Effort,
) {
    private val nanos = HashMap<Pair<Measure, String>, MutableList<Double>>()
    private val bytes = HashMap<Pair<Measure, String>, MutableList<Double>>()

    fun run() {
        // Other processes share the machine, which does not matter: see CpuTimeProfiler.
        System.setProperty("jmh.ignoreLock", "true")
        for (round in 1..effort.rounds) {
            for (benchmark in BENCHMARKS) {
                System.err.println("round $round of ${effort.rounds}: ${benchmark.simpleName}")
                Runner(options(benchmark)).run().forEach(::keep)
            }
        }
    }

    /** The medians of all contenders of [measure], by name. */
    fun costs(measure: Measure): Map<String, Cost> =
        nanos.keys
            .filter { it.first == measure }
            .associate { it.second to Cost(median(nanos.getValue(it)), median(bytes.getValue(it))) }

    private fun options(benchmark: Class<*>) =
        OptionsBuilder()
            .include(benchmark.name + "\\.")
            .mode(Mode.AverageTime)
            .timeUnit(TimeUnit.NANOSECONDS)
            .forks(1)
            .warmupIterations(effort.warmUps)
            .measurementIterations(effort.iterations)
            .warmupTime(TimeValue.milliseconds(effort.iteration.inWholeMilliseconds))
            .measurementTime(TimeValue.milliseconds(effort.iteration.inWholeMilliseconds))
            .addProfiler(GCProfiler::class.java)
            .addProfiler(CpuTimeProfiler::class.java)
            .jvmArgs(*JVM_OPTIONS.toTypedArray())
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true)
            .build()

    private fun keep(result: RunResult) {
        val name = result.params.benchmark
        val parameters = result.params.paramsKeys.associateWith(result.params::getParam)
        val key = Measure(name.substringBeforeLast('.').substringAfterLast('.'), parameters) to name.substringAfterLast('.')
        for (iteration in result.benchmarkResults.flatMap { it.iterationResults }) {
            fun score(of: String) =
                iteration.secondaryResults.entries
                    .first { it.key.endsWith(of) }
                    .value.score
            nanos.getOrPut(key, ::ArrayList) += score(CpuTimeProfiler.NAME)
            bytes.getOrPut(key, ::ArrayList) += score("gc.alloc.rate.norm")
        }
    }

    private fun median(values: List<Double>): Double = values.sorted().let { (it[(it.size - 1) / 2] + it[it.size / 2]) / 2 }

    companion object {
        /** The first use of memory by a process is expensive, and not a cost of the code that happens to use it first. */
        val JVM_OPTIONS = listOf("-Xms1g", "-Xmx1g", "-XX:+AlwaysPreTouch", "-XX:CompileCommand=quiet", Remote.FAR_AWAY)

        private val BENCHMARKS =
            listOf(
                SuspendBenchmark::class.java,
                BlockingBenchmark::class.java,
                FutureBenchmark::class.java,
                DecisionBenchmark::class.java,
            )
    }
}
