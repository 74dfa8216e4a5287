package dev.reprise.queue.model

import java.sql.Connection

/** A queue that can accept calls in a JDBC transaction of the caller. */
public interface TransactionalCallQueue : CallQueue {
    /**
     * Accepts a call in the transaction that is open on [connection]: the call exists if that commits, and never existed if it does not.
     * Blocks; neither commits nor closes. Workers find the call with their next poll after the
     * commit, because nothing of this queue runs then and nothing of it is in the way of a two-phase commit.
     *
     * @throws UnsupportedOperationException if the store is not on a database.
     * @throws InvalidCallException if [connection] is in auto-commit mode, so that there is no transaction, or is to another database than that
     * of the store.
     */
    public fun <Q, R> enqueue(
        connection: Connection,
        target: Target<Q, R>,
        request: Q,
        block: CallOptions.() -> Unit = {},
    ): CallHandle<R> = enqueueAll(connection, target, listOf(request)) { block() }.single()

    /** Accepts a call for each of [requests], all or none, as [enqueue] does: in a few statements, whatever their number. */
    public fun <Q, R> enqueueAll(
        connection: Connection,
        target: Target<Q, R>,
        requests: List<Q>,
        block: CallOptions.(Q) -> Unit = {},
    ): List<CallHandle<R>>

    /**
     * Cancels a call in the transaction that is open on [connection]; its callbacks are notified after the commit. A running one is cancelled
     * by its worker within 5 seconds after that.
     */
    public fun cancel(
        connection: Connection,
        cid: String,
    ): CancelResult
}
