package dev.reprise.queue.model

/**
 * The client half of a queue: accepts calls and returns information about them, wherever the handlers run.
 * [RetryQueue][dev.reprise.queue.RetryQueue] is the one on a [CallStore][dev.reprise.queue.spi.CallStore].
 *
 * Other engines can host calls too. What such a queue cannot do throws [UnsupportedOperationException], whose message names another way to the
 * same end; its documentation lists these functions. All else is as described here, which the suite in the test jar of `retry-core` shows.
 */
public interface CallQueue {
    /**
     * Accepts a call: when this returns, the call is stored. [block] sets options of this call.
     *
     * @throws InvalidCallException if a value breaks a limit.
     * @throws QueueClosedException if the queue was shut down.
     * @throws IllegalStateException if the policy holds code, which no store can keep.
     * @throws StoreUnavailableException if the store cannot be reached.
     */
    public suspend fun <Q, R> enqueue(
        target: Target<Q, R>,
        request: Q,
        block: CallOptions.() -> Unit = {},
    ): CallHandle<R> = enqueueAll(target, listOf(request)) { block() }.single()

    /** Accepts a call for each of [requests], all or none, in one transaction. Returns the handles in the same sequence. */
    public suspend fun <Q, R> enqueueAll(
        target: Target<Q, R>,
        requests: List<Q>,
        block: CallOptions.(Q) -> Unit = {},
    ): List<CallHandle<R>>

    /** Returns the call; null if there is none, or its retention is over. */
    public suspend fun find(cid: String): Call?

    /**
     * Returns the call that has the unique key [uniqueKey]; null if the key is free, or if only [CallOptions.uniqueFor] keeps it taken and the
     * retention of its call is over.
     */
    public suspend fun findUnique(uniqueKey: String): Call?

    /**
     * Returns those of the order keys [keys] behind whose calls a new one would wait: those with a call that has not ended, or with a dead one
     * that blocks its order. Work that is done in the order of a key without a call must be deferred then. A key whose last call
     * has just ended can be among them.
     */
    public suspend fun liveOrderKeys(keys: Set<String>): Set<String>

    /** Returns the failures of a call, oldest first: the first one and the last 99. */
    public suspend fun errors(cid: String): List<AttemptError>

    /**
     * Waits until the call has ended, here or in another process, and returns it. Cancelling the wait does not cancel the call.
     *
     * @throws UnknownCallException if there is no such call, or its retention is over.
     */
    public suspend fun awaitEnd(cid: String): Call

    /** Returns the number of calls by handler and state. It costs the same for ten calls and for ten millions. */
    public suspend fun counts(): List<CallCount>

    /** Returns why the call [cid] is not running, or where it is. */
    public suspend fun why(cid: String): Diagnosis

    /** Cancels a call that has not ended; its callbacks are notified. A running one is cancelled by its worker within 5 seconds. */
    public suspend fun cancel(cid: String): CancelResult

    /** Returns the oldest dead calls that match [filter], at most [limit]. */
    public suspend fun deadCalls(
        limit: Int = 100,
        filter: (Call) -> Boolean = { true },
    ): List<Call>

    /**
     * Makes all dead calls that match [filter] ready again, each with a fresh policy; returns the result for each. A [dryRun] changes
     * nothing: it returns `REPLAYED` for all of them, because only the replay itself shows whether a unique key is taken.
     */
    public suspend fun replay(
        dryRun: Boolean = false,
        filter: (Call) -> Boolean,
    ): Map<String, ReplayResult>

    /** Deletes all dead calls that match [filter]; returns their ids. A [dryRun] changes nothing. */
    public suspend fun discard(
        dryRun: Boolean = false,
        filter: (Call) -> Boolean,
    ): List<String>

    /**
     * Stops claims for [lane] in all processes; calls that run there end as usual. Calls that a worker has claimed and not started go back:
     * here immediately, in other processes with the next renewal of their lease, within 5 seconds. The pause outlives a restart.
     */
    public suspend fun pause(lane: String)

    /** Allows claims for [lane] again. */
    public suspend fun resume(lane: String)
}
