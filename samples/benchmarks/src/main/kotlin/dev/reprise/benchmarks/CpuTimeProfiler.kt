package dev.reprise.benchmarks

import org.openjdk.jmh.infra.BenchmarkParams
import org.openjdk.jmh.infra.IterationParams
import org.openjdk.jmh.profile.InternalProfiler
import org.openjdk.jmh.results.AggregationPolicy
import org.openjdk.jmh.results.IterationResult
import org.openjdk.jmh.results.Result
import org.openjdk.jmh.results.ScalarResult
import java.lang.management.ManagementFactory

/**
 * The time that the Java threads spent on a processor, per operation. Where others use the machine as well, the elapsed time shows how
 * many they are; this does not. The threads of the compiler and of the collector are not Java threads.
 */
class CpuTimeProfiler : InternalProfiler {
    private val threads = ManagementFactory.getThreadMXBean()
    private var before = emptyMap<Long, Long>()

    override fun getDescription(): String = "CPU time of all Java threads"

    override fun beforeIteration(
        benchmark: BenchmarkParams,
        iteration: IterationParams,
    ) {
        before = times()
    }

    override fun afterIteration(
        benchmark: BenchmarkParams,
        iteration: IterationParams,
        result: IterationResult,
    ): Collection<Result<*>> {
        // A thread that is just ending reports zero.
        val nanos = times().map { (thread, time) -> maxOf(time - (before[thread] ?: 0), 0) }.sum()
        val perOperation = nanos.toDouble() / result.metadata.allOps
        return listOf(ScalarResult(NAME, perOperation, "ns/op", AggregationPolicy.AVG))
    }

    private fun times(): Map<Long, Long> = threads.allThreadIds.associateWith { maxOf(threads.getThreadCpuTime(it), 0) }

    companion object {
        const val NAME = "cpu.time.norm"
    }
}
