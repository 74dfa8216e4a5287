package dev.reprise.benchmarks.queue

import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.Payload
import dev.reprise.queue.spi.AttemptResult
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import kotlinx.coroutines.runBlocking
import java.util.concurrent.ConcurrentHashMap
import javax.sql.DataSource

/**
 * What the promises of Reprise cost in the database, without its workers: the statements of its store, in the batches of the hand-written queue. Its rows
 * have leases, counts, policies, order and uniqueness, which the hand-written one does without.
 */
class RepriseStatements(
    private val source: DataSource,
) : HandWritten(workers = 2) {
    private val store = JdbcCallStore(source)
    private val claimed = ConcurrentHashMap<String, StoredCall>()

    override suspend fun prepare(): Unit = store.migrate()

    override suspend fun start(onCall: (String) -> Unit) {
        store.openLease(WORKER, WORKER, isNamed = true, A_DAY)
        super.start(onCall)
    }

    override fun insert(jobs: List<Job>) {
        runBlocking { store.enqueue(jobs.map { NewCall.builder(it.id, HANDLER, Payload(it.payload, "text", 1), POLICY).build() }) }
    }

    override fun claim(limit: Int): List<Job> {
        val calls = runBlocking { store.claim(ClaimRequest(WORKER, "main", mapOf(HANDLER to limit), limit)).calls }
        calls.forEach { claimed[it.cid] = it }
        return calls.map { Job(it.cid, it.request.payload.bytes) }
    }

    override fun settle(jobs: List<Job>) {
        val calls = jobs.mapNotNull { claimed.remove(it.id) }
        runBlocking { store.settle(calls.map { Settlement(it, CallState.SUCCEEDED, AttemptResult.RETURNED, response = NOTHING) }) }
    }

    override fun close() {
        super.close()
        store.close()
        (source as? AutoCloseable)?.close()
    }

    private companion object {
        const val WORKER = "worker"
        const val HANDLER = "work"
        const val POLICY = "exponential(1m, factor 1.5, max 1h) within 3d"
        const val A_DAY = 86_400_000L
        val NOTHING = Payload(ByteArray(0), "text", 1)
    }
}
