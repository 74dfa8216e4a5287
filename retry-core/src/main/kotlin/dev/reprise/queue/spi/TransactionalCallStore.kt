package dev.reprise.queue.spi

import dev.reprise.policy.RepriseSpi

/** A store that can write in a transaction of the caller. */
@SubclassOptInRequired(RepriseSpi::class)
public interface TransactionalCallStore : CallStore {
    /** Accepts [calls] in the transaction of [connection]. Blocks; neither commits nor closes. */
    public fun enqueue(
        connection: java.sql.Connection,
        calls: List<NewCall>,
    ): List<EnqueueResult>
}
