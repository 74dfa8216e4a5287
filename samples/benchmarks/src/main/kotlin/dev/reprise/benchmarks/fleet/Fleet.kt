package dev.reprise.benchmarks.fleet

import dev.reprise.benchmarks.queue.pool
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.target
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import java.sql.DriverManager
import java.util.concurrent.ConcurrentLinkedQueue
import java.util.concurrent.atomic.AtomicLong
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds

/** [size] workers on one database, each with a store and two connections of its own, as in as many processes. Their handlers do nothing. */
class Fleet private constructor(
    private val url: String,
    size: Int,
) {
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default)
    private val handled = AtomicLong()

    /** Nanoseconds that claims took which returned calls. */
    val claims = ConcurrentLinkedQueue<Long>()

    private val sources = List(size) { pool(url, CONNECTIONS) }
    private val stores = sources.map { JdbcCallStore(it, connections = CONNECTIONS) }
    private val queues =
        stores.map { store ->
            RetryQueue.on(TimedClaims(store, claims)) {
                handle(WORK) { "".also { handled.incrementAndGet() } }
            }
        }

    private suspend fun start() {
        queues.forEach { it.start(scope) }
    }

    /** Calls a second that producers without workers enqueue and the fleet makes, of [calls] in all. */
    suspend fun rate(calls: Int): Double {
        claims.clear()
        val goal = handled.get() + calls
        val begin = System.nanoTime()
        producing { queue ->
            coroutineScope {
                repeat(PRODUCERS) { launch { repeat(calls / BATCH / PRODUCERS) { queue.enqueueAll(WORK, List(BATCH) { "" }) } } }
            }
        }
        while (handled.get() < goal) delay(1.milliseconds)
        return calls / ((System.nanoTime() - begin) / NANOS)
    }

    /** How many transactions the database ends in [time]. */
    suspend fun transactions(time: Duration): Long {
        val before = transactions()
        delay(time)
        return transactions() - before
    }

    private fun transactions(): Long =
        DriverManager.getConnection(url).use { connection ->
            connection.createStatement().use { statement ->
                statement.execute("SELECT pg_stat_force_next_flush()")
                statement.executeQuery(ENDED).use { row -> if (row.next()) row.getLong(1) else 0 }
            }
        }

    /** How many transactions the database ends in [time], in which [calls] are enqueued for which no worker has a handler. */
    suspend fun transactionsOfUnhandled(
        calls: Int,
        time: Duration,
    ): Long {
        val before = transactions()
        val begin = System.nanoTime()
        producing { queue ->
            repeat(calls) {
                queue.enqueue(UNKNOWN, "")
                delay(time / (2 * calls))
            }
        }
        delay(time - (System.nanoTime() - begin).nanoseconds)
        return transactions() - before
    }

    /** How long it takes until a worker has made a call. */
    suspend fun untilOneIsMade(): Duration {
        val before = handled.get()
        val begin = System.nanoTime()
        while (handled.get() == before) delay(1.milliseconds)
        return ((System.nanoTime() - begin) / NANOS).seconds
    }

    private suspend fun <T> producing(work: suspend (RetryQueue) -> T): T =
        pool(url, PRODUCERS).use { source -> JdbcCallStore(source, connections = PRODUCERS).use { work(RetryQueue.on(it)) } }

    private suspend fun stop() {
        coroutineScope { queues.map { async { it.shutdown(Duration.ZERO) } }.awaitAll() }
        scope.cancel()
        stores.forEach { it.close() }
        sources.forEach { it.close() }
    }

    companion object {
        val WORK = target("work")
        private val UNKNOWN = target("unknown")
        private const val CONNECTIONS = 2
        const val PRODUCERS = 4
        const val BATCH = 500
        private const val NANOS = 1e9
        private const val ENDED = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"

        /** Starts [size] workers, lets [work] measure them, and stops them. */
        suspend fun <T> of(
            url: String,
            size: Int,
            work: suspend (Fleet) -> T,
        ): T {
            val fleet = Fleet(url, size)
            fleet.start()
            try {
                return work(fleet)
            } finally {
                fleet.stop()
            }
        }
    }
}
