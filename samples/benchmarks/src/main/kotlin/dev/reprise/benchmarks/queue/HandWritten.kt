package dev.reprise.benchmarks.queue

import kotlinx.coroutines.CompletableDeferred
import java.util.UUID
import java.util.concurrent.LinkedBlockingQueue
import java.util.concurrent.TimeUnit
import kotlin.concurrent.thread

/** One job of the hand-written queue. */
class Job(
    val id: String,
    val payload: ByteArray,
)

/**
 * The upper bound: SQL written by hand for nothing but this benchmark. It stores, claims and settles, each in batches, and has
 * no retries, no order, no uniqueness, no leases and no counts. Calls that arrive one by one are written together.
 */
abstract class HandWritten(
    private val workers: Int,
) : Contender {
    private class Wish(
        val jobs: List<Job>,
    ) {
        val stored = CompletableDeferred<Unit>()
    }

    private val wishes = LinkedBlockingQueue<Wish>()
    private val threads = ArrayList<Thread>()

    /** Milliseconds after which a worker looks again: together they look at most two thousand times a second. */
    private val pause = maxOf(1L, workers / 2L)

    @Volatile
    private var isClosed = false

    /** Stores jobs in one transaction. */
    protected abstract fun insert(jobs: List<Job>)

    /** Takes at most [limit] due jobs in one transaction. */
    protected abstract fun claim(limit: Int): List<Job>

    /** Removes jobs that are done, and keeps their results if that is wanted, in one transaction. */
    protected abstract fun settle(jobs: List<Job>)

    override suspend fun start(onCall: (String) -> Unit) {
        threads += thread(name = "writer") { write() }
        repeat(workers) { threads += thread(name = "worker") { work(onCall) } }
    }

    private fun write() {
        while (!isClosed) {
            val batch = arrayListOf(wishes.poll(POLL_MILLIS, TimeUnit.MILLISECONDS) ?: continue)
            wishes.drainTo(batch, LARGEST)
            insert(batch.flatMap { it.jobs })
            batch.forEach { it.stored.complete(Unit) }
        }
    }

    private fun work(onCall: (String) -> Unit) {
        while (!isClosed) {
            val jobs = claim(LARGEST)
            jobs.forEach { onCall(String(it.payload)) }
            if (jobs.isEmpty()) Thread.sleep(pause) else settle(jobs)
        }
    }

    override suspend fun enqueue(payload: String): Unit = enqueueAll(listOf(payload))

    override suspend fun enqueueAll(payloads: List<String>) {
        val wish = Wish(payloads.map { Job(UUID.randomUUID().toString(), it.toByteArray()) })
        wishes += wish
        wish.stored.await()
    }

    override fun close() {
        isClosed = true
        threads.forEach { it.join() }
    }

    private companion object {
        const val LARGEST = 100
        const val POLL_MILLIS = 100L
    }
}
