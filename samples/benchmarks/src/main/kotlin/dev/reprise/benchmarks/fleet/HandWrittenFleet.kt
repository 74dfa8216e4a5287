package dev.reprise.benchmarks.fleet

import dev.reprise.benchmarks.queue.PostgresCeiling
import dev.reprise.benchmarks.queue.pool
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import java.sql.DriverManager
import java.util.concurrent.atomic.AtomicLong
import kotlin.time.Duration.Companion.milliseconds

/** The hand-written SQL with as many threads as a [Fleet] has workers, and as many connections: what their number costs without a queue. */
class HandWrittenFleet(
    private val url: String,
    private val size: Int,
) {
    private val handled = AtomicLong()

    /** Jobs a second, of [jobs] in all after as many to warm up, beside [future] that are due in a day. */
    suspend fun rate(
        jobs: Int,
        future: Int,
    ): Double =
        PostgresCeiling(pool(url, 2 * size + Fleet.PRODUCERS), keepsResults = true, workers = size).use { queue ->
            queue.prepare()
            DriverManager.getConnection(url).use { connection -> connection.createStatement().use { it.execute(FUTURE.format(future)) } }
            queue.start { handled.incrementAndGet() }
            queue.make(jobs)
            val begin = System.nanoTime()
            queue.make(jobs)
            jobs / ((System.nanoTime() - begin) / 1e9)
        }

    private suspend fun PostgresCeiling.make(jobs: Int) {
        val goal = handled.get() + jobs
        coroutineScope {
            repeat(Fleet.PRODUCERS) {
                launch { repeat(jobs / Fleet.BATCH / Fleet.PRODUCERS) { enqueueAll(List(Fleet.BATCH) { "" }) } }
            }
        }
        while (handled.get() < goal) delay(1.milliseconds)
    }

    private companion object {
        const val FUTURE =
            "INSERT INTO job SELECT 'later-' || n, 'work', '', 'every(1m)', 5, 0, 0, " +
                "(extract(epoch FROM now()) * 1000)::bigint + 86400000, 0, NULL FROM generate_series(1, %d) AS n; ANALYZE job"
    }
}
