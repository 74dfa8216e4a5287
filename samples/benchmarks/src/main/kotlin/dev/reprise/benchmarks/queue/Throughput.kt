package dev.reprise.benchmarks.queue

import kotlinx.coroutines.runBlocking
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.DurationUnit

/** How calls are enqueued: by which [verb] of [Node], and by how many at a time in each process. */
enum class Enqueue(
    val verb: String,
    val callers: Int,
) {
    Single("single", 16),
    Crowded("single", 64),
    Batched("batched", 4),
    ;

    val title = "$verb enqueue by $callers callers"
}

/** A measure of throughput. */
data class Load(
    val processes: Int,
    val enqueue: Enqueue,
)

/** Calls per second from the first enqueue to the last settled, and the latency of an idle queue, of one contender. */
class Throughput(
    private val databases: Databases,
    private val kind: Kind,
    private val effort: QueueEffort,
    private val samples: Int,
) {
    private val file = databases.counter()
    private val counter = SharedCounter(file)

    /** Calls per second by load, and nanoseconds from enqueue to start where another process works, and where the same does. */
    class Result(
        val rates: Map<Load, Double>,
        val latencies: Map<Boolean, List<Long>>,
    )

    fun measure(processes: Int): Result =
        databases.with(kind) { url ->
            runBlocking { kind.make(url).use { it.prepare() } }
            val rates = LinkedHashMap<Load, Double>()
            val latencies = LinkedHashMap<Boolean, List<Long>>()
            val nodes = ArrayList<NodeProcess>()
            try {
                repeat(processes) {
                    nodes += NodeProcess(kind, url, file)
                    warmUp(nodes, url)
                    for (enqueue in Enqueue.entries) rates[Load(nodes.size, enqueue)] = rate(nodes, enqueue, url)
                    if (nodes.size == 1 && samples > 0) latencies += latencies(nodes.single(), url)
                }
            } finally {
                nodes.forEach { it.close() }
            }
            Result(rates, latencies)
        }

    /**
     * What is compared are processes that have run for a while: a large library is compiled for half a minute and more, the sooner the more calls it
     * makes.
     */
    private fun warmUp(
        nodes: List<NodeProcess>,
        url: String,
    ) {
        for (enqueue in listOf(Enqueue.Crowded, Enqueue.Batched)) warmUp(nodes, enqueue, url, effort.warmUp / 2)
    }

    /** Makes calls for as long as [length]; returns the rate of the last run. */
    private fun warmUp(
        nodes: List<NodeProcess>,
        enqueue: Enqueue,
        url: String,
        length: Duration,
    ): Double {
        val end = System.nanoTime() + length.inWholeNanoseconds
        var rate = run(nodes, enqueue, url, 0)
        while (System.nanoTime() < end) rate = run(nodes, enqueue, url, (rate * STEP_SECONDS).toInt())
        return rate
    }

    private fun rate(
        nodes: List<NodeProcess>,
        enqueue: Enqueue,
        url: String,
    ): Double {
        val rate = warmUp(nodes, enqueue, url, effort.warmUp / 5)
        databases.settle()
        return run(nodes, enqueue, url, (rate * effort.length.toDouble(DurationUnit.SECONDS)).toInt())
    }

    private fun run(
        nodes: List<NodeProcess>,
        enqueue: Enqueue,
        url: String,
        calls: Int,
    ): Double {
        val share = (maxOf(calls, FEWEST) / nodes.size / Node.BATCH + 1) * Node.BATCH
        counter.value = 0
        val begin = System.nanoTime()
        nodes.forEach { it.tell("${enqueue.verb} $share ${enqueue.callers}") }
        awaitSettled(url, share.toLong() * nodes.size)
        val nanos = System.nanoTime() - begin
        nodes.forEach { it.answer("done") }
        return share * nodes.size / (nanos / 1e9)
    }

    /** All were called, and nothing is left in the tables. */
    private fun awaitSettled(
        url: String,
        calls: Long,
    ) {
        val end = System.nanoTime() + PATIENCE.inWholeNanoseconds

        fun pause() {
            check(System.nanoTime() < end) { "$kind has made ${counter.value} of $calls calls in $PATIENCE" }
            Thread.sleep(1)
        }
        while (counter.value < calls) pause()
        Databases.connection(url).use { while (kind.left(it) > 0) pause() }
    }

    private fun latencies(
        worker: NodeProcess,
        url: String,
    ): Map<Boolean, List<Long>> {
        val same = mapOf(true to latencies(worker, worker, url))
        if (!kind.worksElsewhere) return same
        val other = NodeProcess(kind, url, file, works = false).use { latencies(it, worker, url) }
        return same + (false to other)
    }

    private fun latencies(
        caller: NodeProcess,
        worker: NodeProcess,
        url: String,
    ): List<Long> {
        counter.value = 0
        caller.tell("spread $samples")
        caller.answer("done")
        awaitSettled(url, samples.toLong())
        worker.tell("latencies")
        return worker.answer("latencies").split(' ').map { it.toLong() }
    }

    private companion object {
        /** So many that waiting for the first look at the tables, which is seconds for some, is little of the whole. */
        const val FEWEST = 3000
        const val STEP_SECONDS = 2
        val PATIENCE = 300.seconds
    }
}
