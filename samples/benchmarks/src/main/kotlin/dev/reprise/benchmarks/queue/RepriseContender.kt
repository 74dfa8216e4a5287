package dev.reprise.benchmarks.queue

import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.target
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.runBlocking
import javax.sql.DataSource
import kotlin.time.Duration.Companion.seconds

/** Reprise with its defaults: ten calls at a time, three days of retries, results kept for three days. */
class RepriseContender(
    private val source: DataSource,
) : Contender {
    private val store = JdbcCallStore(source)
    private var onCall: (String) -> Unit = {}
    private val queue = RetryQueue(store) { handle(WORK) { payload -> onCall(payload).let { "" } } }

    override suspend fun prepare(): Unit = store.migrate()

    override suspend fun start(onCall: (String) -> Unit) {
        this.onCall = onCall
        queue.start(CoroutineScope(SupervisorJob() + Dispatchers.Default))
    }

    override suspend fun enqueue(payload: String) {
        queue.enqueue(WORK, payload)
    }

    override suspend fun enqueueAll(payloads: List<String>) {
        queue.enqueueAll(WORK, payloads)
    }

    override fun close() {
        runBlocking { queue.shutdown(2.seconds) }
        store.close()
        (source as? AutoCloseable)?.close()
    }

    private companion object {
        val WORK = target("work")
    }
}
