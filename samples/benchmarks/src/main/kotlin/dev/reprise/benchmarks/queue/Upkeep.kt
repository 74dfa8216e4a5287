package dev.reprise.benchmarks.queue

import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.target
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.util.concurrent.atomic.AtomicLong
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.measureTime

/** What has to keep pace with the calls: an order while others enqueue to it, and the removal of finished calls. */
class Upkeep(
    private val databases: Databases,
    private val kind: Kind,
    private val length: Duration,
) {
    /** Calls of one order key that end in a second, by how many producers enqueue to it all the time. */
    fun orders(): Map<Int, Double> =
        PRODUCERS.associateWith { producers ->
            with("one order, $producers producers") { order(it, producers) }
        }

    private suspend fun order(
        store: JdbcCallStore,
        producers: Int,
    ): Double {
        val ended = AtomicLong()
        val queue = RetryQueue.on(store) { handle(WORK) { "".also { ended.incrementAndGet() } } }

        suspend fun enqueue() = queue.enqueue(WORK, "") { orderKey = "one" }
        return running(queue) {
            queue.enqueueAll(WORK, List(BACKLOG) { "" }) { orderKey = "one" }
            val producing = List(producers) { launch(Dispatchers.Default) { while (true) enqueue() } }
            delay(WARM_UP)
            val before = ended.get()
            delay(length)
            val rate = (ended.get() - before) / length.inWholeMilliseconds.toDouble() * MILLIS
            producing.forEach { it.cancelAndJoin() }
            rate
        }
    }

    /** Calls that end in a second, and then are purged in a second. */
    fun purge(): Pair<Double, Double> =
        with("retention") { store ->
            val queue =
                RetryQueue.on(store) {
                    handle(WORK) { "" }
                    retention = Duration.ZERO
                }
            repeat(FINISHED / BATCH) { queue.enqueueAll(WORK, List(BATCH) { "" }) }
            val finishing = running(queue) { measureTime { while (queue.counts().any { !it.state.isEnd }) delay(5.milliseconds) } }
            val purging = measureTime { while (store.purge(PAGE) > 0) continue }
            FINISHED / finishing.seconds() to FINISHED / purging.seconds()
        }

    private fun Duration.seconds() = inWholeMicroseconds / MICROS

    private suspend fun <T> running(
        queue: RetryQueue,
        work: suspend CoroutineScope.() -> T,
    ): T =
        coroutineScope {
            queue.start(this)
            work().also { queue.shutdown(Duration.ZERO) }
        }

    private fun <T> with(
        what: String,
        work: suspend (JdbcCallStore) -> T,
    ): T =
        databases.with(kind) { url ->
            System.err.println("$what, ${kind.name}")
            val source = kind.source(url)
            try {
                JdbcCallStore(source).use { store ->
                    runBlocking(Dispatchers.Default) {
                        store.migrate()
                        work(store)
                    }
                }
            } finally {
                (source as? AutoCloseable)?.close()
            }
        }

    companion object {
        val PRODUCERS = listOf(0, 1, 4, 8)
        private val WORK: Target<String, String> = target("work")
        private val WARM_UP = 2_000.milliseconds
        private const val BACKLOG = 20_000
        private const val FINISHED = 20_000
        private const val BATCH = 500
        private const val PAGE = 1_000
        private const val MILLIS = 1_000
        private const val MICROS = 1e6
    }
}
