package dev.reprise.internal.queue

import dev.reprise.internal.queue.events.QueueEvents
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.TransactionalCallStore
import java.sql.Connection

/** What a queue writes in transactions of its callers. */
internal class TransactionalCalls(
    private val settings: QueueSettings,
    private val store: CallStore,
    private val events: QueueEvents,
) {
    fun enqueue(
        connection: Connection,
        calls: List<NewCall>,
    ): List<EnqueueResult> = events.enqueued(calls, requireDatabase().enqueue(connection, calls), inCallerTransaction = true)

    fun cancel(
        connection: Connection,
        cid: String,
    ): CancelResult = requireDatabase().cancel(connection, cid, settings.endRules)

    /** Enqueues [calls] in the transaction of this thread; null if it has none. */
    fun enqueueInCurrent(calls: List<NewCall>): List<EnqueueResult>? =
        inCurrent { connection ->
            enqueue(connection, calls).also { results ->
                val handlers = calls.filterIndexed { i, _ -> results[i].givesWork }.mapTo(HashSet()) { it.handler }
                settings.callerTransaction?.afterCommit { requireDatabase().committed(handlers) }
            }
        }

    /** Cancels a call in the transaction of this thread; null if it has none. */
    fun cancelInCurrent(cid: String): CancelResult? = inCurrent { cancel(it, cid) }

    private inline fun <T> inCurrent(work: (Connection) -> T): T? {
        val transaction = settings.callerTransaction ?: return null
        val connection = transaction.current(requireDatabase().dataSource) ?: return null
        try {
            return work(connection)
        } finally {
            transaction.release(connection)
        }
    }

    private fun requireDatabase() =
        store as? TransactionalCallStore
            ?: throw UnsupportedOperationException("$store cannot join a JDBC transaction; a store on a DataSource can")
}
