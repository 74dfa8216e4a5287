package dev.reprise.queue.spi

import java.sql.Connection
import javax.sql.DataSource

/**
 * Finds the transaction of the calling thread, for example that of a framework. If it is set on a queue, then enqueue, enqueueAll and cancel
 * ask for it first, on the calling thread, and write in that transaction: a rollback takes their calls with it.
 */
public interface CallerTransaction {
    /**
     * Returns the connection of the transaction that this thread has open on [dataSource]; null outside any transaction.
     *
     * @throws IllegalStateException if a transaction is open that does not cover [dataSource].
     */
    public fun current(dataSource: DataSource): Connection?

    /** Gives the [connection] of [current] back, which is neither committed nor closed. */
    public fun release(connection: Connection)

    /** Runs [action] after the commit of the current transaction, and never after a rollback. */
    public fun afterCommit(action: Runnable)
}
