package dev.reprise.benchmarks.kafka

import dev.reprise.kafka.DurableConsumer
import java.io.IOException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicLong
import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.DurationUnit

/** A consumer of records that come at an even pace for [length], all of whose attempts fail for one key in a hundred. */
internal class FailingKeys(
    private val topics: Topics,
    private val runs: Runs,
    private val length: Duration,
    private val handler: () -> Unit,
) {
    /** Records a second of [healthy] keys; the largest of the [lags], each second; how long the last records took, or null if too long. */
    class Result(
        val healthy: Double,
        val lags: List<Long>,
        val untilEmpty: Duration?,
    )

    private val healthy = AtomicLong()
    private val started = CompletableFuture<Unit>()
    private val topic = topics.create(PARTITIONS)
    private val group = topics.newGroup()
    private val lags = ArrayList<Long>()

    fun run(perSecond: Double): Result =
        runs.onQueue(::handle) { queue ->
            DurableConsumer(group, queue) { topic(topic, WORK) }.use { consumer ->
                consumer.runAsync().whenComplete { _, e -> started.completeExceptionally(e ?: IllegalStateException("it ended")) }
                send(HEALTHY)
                started.get(START_SECONDS, TimeUnit.SECONDS)
                val before = healthy.get()
                val begin = System.nanoTime()
                pace(begin, perSecond)
                val rate = (healthy.get() - before) / elapsed(begin).toDouble(DurationUnit.SECONDS)
                Result(rate, lags, untilEmpty())
            }
        }

    private fun handle(
        value: String,
        isCall: Boolean,
    ) {
        handler()
        if (isFailing(value.trim().toInt())) throw IOException("not now")
        if (!isCall) healthy.incrementAndGet()
        started.complete(Unit)
    }

    private fun pace(
        begin: Long,
        perSecond: Double,
    ) {
        var sent = 0
        while (elapsed(begin) < length) {
            val due = (elapsed(begin).toDouble(DurationUnit.SECONDS) * perSecond).toInt()
            while (sent < due) send(sent++ % KEYS)
            if (elapsed(begin) >= (lags.size + 1).seconds) lags += lag()
            Thread.sleep(TICK_MILLIS)
        }
        topics.checkSent()
    }

    private fun send(key: Int) = topics.send(topic, key % PARTITIONS, "$key")

    private fun lag(): Long = topics.lags(topic, PARTITIONS, group).max()

    private fun untilEmpty(): Duration? {
        val begin = System.nanoTime()
        while (elapsed(begin) < LONGEST) {
            if (lag() == 0L) return elapsed(begin)
            Thread.sleep(TICK_MILLIS)
        }
        return null
    }

    private fun elapsed(begin: Long) = (System.nanoTime() - begin).nanoseconds

    companion object {
        const val PARTITIONS = 4
        private const val KEYS = 1_000

        /** In each partition some: one in a hundred. */
        private fun isFailing(key: Int) = key % 101 == 0

        private const val HEALTHY = 1
        private const val START_SECONDS = 60L
        private const val TICK_MILLIS = 5L
        private val LONGEST = 30.seconds
    }
}
