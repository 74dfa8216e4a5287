package dev.reprise.console.draw

import dev.reprise.RetryPolicy
import dev.reprise.policy.Simulation
import dev.reprise.policy.StopReason
import kotlin.time.Duration

/** The delay before one retry, over many simulated runs. */
internal class BandPoint(
    /** The 1-based number of the retry: its attempt is one more. */
    val retry: Int,
    val min: Duration,
    val median: Duration,
    val max: Duration,
    /** The median of the time from the start of the run to the start of this retry. */
    val elapsed: Duration,
)

/** The delays of a policy over [RUNS] simulated runs in which every attempt fails at once: the same for the same policy. */
internal class Band private constructor(
    val points: List<BandPoint>,
    /** The fewest and the most attempts of a run. */
    val attempts: IntRange,
    /** The median of the time of a whole run. */
    val elapsed: Duration,
    /** Why the runs end; null if they continue after [MOST_RETRIES]. */
    val stopReason: StopReason?,
) {
    val isTruncated: Boolean get() = stopReason == null

    companion object {
        const val RUNS = 200
        const val MOST_RETRIES = 1_000

        fun of(policy: RetryPolicy): Band {
            val runs = List(RUNS) { policy.simulate(seed = it.toLong(), retries = MOST_RETRIES) }
            return Band(points(runs), attempts(runs), median(runs.map { it.elapsed }), runs.first().stopReason)
        }

        private fun attempts(runs: List<Simulation>) = runs.minOf { it.attempts }..runs.maxOf { it.attempts }

        private fun points(runs: List<Simulation>): List<BandPoint> {
            val sums = Array(runs.size) { runs[it].initialDelay }
            return List(runs.maxOf { it.delays.size }) { i ->
                val reached = runs.indices.filter { i < runs[it].delays.size }
                reached.forEach { sums[it] += runs[it].delays[i] }
                val delays = reached.map { runs[it].delays[i] }
                BandPoint(i + 1, delays.min(), median(delays), delays.max(), median(reached.map { sums[it] }))
            }
        }

        private fun median(values: List<Duration>): Duration = values.sorted()[values.size / 2]
    }
}
