package dev.reprise.queue.spi

/** A store that can write in a transaction of the caller's. */
public interface TransactionalCallStore : CallStore {
    /** Accepts [calls] on [connection], in whose transaction they come to be or not. It blocks; it neither commits nor closes. */
    public fun enqueue(
        connection: java.sql.Connection,
        calls: List<NewCall>,
    ): List<EnqueueResult>
}
