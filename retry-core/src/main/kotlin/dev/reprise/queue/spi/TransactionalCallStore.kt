package dev.reprise.queue.spi

import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.model.CancelResult
import java.sql.Connection
import javax.sql.DataSource

/** A store that can write in a transaction of the caller. */
@SubclassOptInRequired(RepriseSpi::class)
public interface TransactionalCallStore : CallStore {
    /** The database, as [CallerTransaction.current] receives it. */
    public val dataSource: DataSource

    override val operations: TransactionalCallOperations

    /** Accepts [calls] in the transaction of [connection]. Blocks; neither commits nor closes. */
    public fun enqueue(
        connection: Connection,
        calls: List<NewCall>,
    ): List<EnqueueResult>

    /** Cancels a call in the transaction of [connection], as [CallStore.cancel] does. Blocks; neither commits nor closes. */
    public fun cancel(
        connection: Connection,
        cid: String,
        rules: EndRules,
    ): CancelResult

    /** A transaction of a caller is committed, in which calls for [handlers] were enqueued: workers are notified. */
    public fun committed(handlers: Set<String>)
}
