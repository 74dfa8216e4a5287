package dev.reprise.benchmarks.kafka

import java.util.concurrent.CompletableFuture
import java.util.concurrent.TimeUnit

/** Measures how fast so many [records] are dealt with, after so many to warm up. */
internal class Marks(
    private val warmUp: Int,
    private val records: Int,
) {
    private val rate = CompletableFuture<Double>()
    private val limit = System.nanoTime() + LIMIT_NANOS
    private var count = 0
    private var first = 0
    private var begin = 0L

    /** So many [more] are dealt with. */
    @Synchronized
    fun add(more: Int = 1) {
        count += more
        if (first == 0 && count >= warmUp) {
            first = count
            begin = System.nanoTime()
        }
        if (count >= warmUp + records && !rate.isDone) rate.complete((count - first) / ((System.nanoTime() - begin) / NANOS))
    }

    /** True when all are dealt with. @throws IllegalStateException if that takes too long. */
    val areComplete: Boolean
        get() {
            check(System.nanoTime() < limit) { "only $count of ${warmUp + records} records within ${LIMIT_NANOS / NANOS} s" }
            return rate.isDone
        }

    /** What deals with them has ended, with [failure] if that was one. */
    @Synchronized
    fun ended(failure: Throwable?) {
        rate.completeExceptionally(failure ?: IllegalStateException("it ended after $count of ${warmUp + records} records"))
    }

    /** Waits until all are dealt with; returns how many were in a second. */
    fun await(): Double = rate.get(LIMIT_NANOS, TimeUnit.NANOSECONDS)

    private companion object {
        const val NANOS = 1e9
        const val LIMIT_NANOS = 300_000_000_000L
    }
}
