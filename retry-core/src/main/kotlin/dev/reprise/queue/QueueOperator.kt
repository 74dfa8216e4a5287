package dev.reprise.queue

import dev.reprise.internal.queue.events.QueueEvents
import dev.reprise.internal.queue.events.QueueLogs
import dev.reprise.internal.queue.operate.ActionRequest
import dev.reprise.internal.queue.operate.ActionRun
import dev.reprise.internal.queue.worker.QueueLifecycle
import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.UnknownCallException
import dev.reprise.queue.model.requireKey
import dev.reprise.queue.model.undoHandlerOf
import dev.reprise.queue.model.undoRequestOf
import dev.reprise.queue.operate.ActionResult
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.operate.AuditEntry.State
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.Cursor
import dev.reprise.queue.operate.OperatorAction
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.EndRules
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.TransactionalCallOperations
import dev.reprise.queue.spi.toCall
import java.sql.Connection
import java.util.concurrent.CompletableFuture

/**
 * What a person on call sees of a queue, and does to it: lists, actions on all calls that match, and the audit in which every action is found.
 *
 * ```
 * val operator = queue.operator(Actor("ada"))
 * val refused = CallQuery.ALL.states(CallState.DEAD).errorTypes("java.net.ConnectException")
 * println(operator.act(OperatorAction.Replay(perSecond = 10.0), refused))                       // what it would do
 * operator.act(OperatorAction.Replay(perSecond = 10.0), refused, dryRun = false, reason = "the gateway is back")
 * ```
 *
 * Each action is logged at INFO to `dev.reprise.queue.operator`.
 */
public class QueueOperator internal constructor(
    private val queue: RetryQueue,
    /** Who acts. */
    public val actor: Actor,
    private val rules: EndRules,
    private val lifecycle: QueueLifecycle,
    private val events: QueueEvents,
) : QueueLists(queue.store) {
    /**
     * Does [action] to the calls that fit [query], at most [limit] of them, after the place [after]; a [dryRun] returns what it would do and
     * changes nothing. It goes in pages of 200, each a transaction in which the calls are looked at again, so a call that ended meanwhile is
     * skipped. It stops after 500,000 examined entries; then the result is not complete, and its `next` continues it.
     *
     * @throws IllegalArgumentException if [limit] is below 1, [query] asks for the order DUE, or [after] is not of this query.
     */
    @JvmSynthetic
    public suspend fun act(
        action: OperatorAction,
        query: CallQuery,
        dryRun: Boolean = true,
        reason: String? = null,
        limit: Int = 10_000,
        after: Cursor? = null,
    ): ActionResult {
        require(limit > 0) { "limit must be positive, but was $limit" }
        val run = ActionRun(store.operations, ActionRequest(actor, action, stable(query), reason, limit, after, rules))
        if (dryRun) return run.run(isDryRun = true)
        val result = run.run(isDryRun = false) { changed(action, it) }
        log("$action '$query'", reason, "changed ${result.changed} of ${result.matched}, skipped ${result.skipped}")
        return result
    }

    /** The same as a future. */
    @JvmOverloads
    public fun actAsync(
        action: OperatorAction,
        query: CallQuery,
        dryRun: Boolean = true,
        reason: String? = null,
        limit: Int = 10_000,
        after: Cursor? = null,
    ): CompletableFuture<ActionResult> = future { act(action, query, dryRun, reason, limit, after) }

    /**
     * Does [action] to at most [limit] calls that fit [query], in the transaction that is open on [connection], with its entry in the audit.
     * Blocks; neither commits nor closes. Workers find the calls with their next poll after the commit.
     *
     * @throws UnsupportedOperationException if the store is not on a database.
     * @throws IllegalArgumentException if [limit] is not from 1 to 1000, or [query] asks for the order DUE.
     * @throws dev.reprise.queue.model.InvalidCallException if [connection] is in auto-commit mode, so that there is no transaction, or
     * is to another database than that of the store.
     */
    @JvmOverloads
    public fun act(
        connection: Connection,
        action: OperatorAction,
        query: CallQuery,
        reason: String? = null,
        limit: Int = 1_000,
    ): ActionResult {
        require(
            limit in 1..LARGEST_TRANSACTION,
        ) { "limit must be from 1 to $LARGEST_TRANSACTION in a transaction of the caller, but was $limit" }
        val operations =
            store.operations as? TransactionalCallOperations
                ?: throw UnsupportedOperationException("$store cannot join a JDBC transaction; a store on a DataSource can")
        val run = ActionRun(operations, ActionRequest(actor, action, stable(query), reason, limit, null, rules))
        val result = run.runOnce({ operations.act(connection, it) }) { events.acted(it, "$action", "$actor") }
        log(
            "$action '$query'",
            reason,
            "changed ${result.changed} of ${result.matched} in a transaction of the caller, skipped ${result.skipped}",
        )
        return result
    }

    private fun stable(query: CallQuery): CallQuery {
        require(query.order != CallQuery.Order.DUE) {
            "an action goes through calls as OLDEST or NEWEST: it changes when they are due, and would meet them again"
        }
        return query
    }

    /** Makes the dead call [cid] ready again, with a fresh policy. */
    @JvmSynthetic
    public suspend fun replay(
        cid: String,
        reason: String? = null,
    ): ReplayResult = audited("replay", cid, reason, { it == ReplayResult.REPLAYED }) { store.replay(listOf(cid)).single() }

    /** The same as a future. */
    @JvmOverloads
    public fun replayAsync(
        cid: String,
        reason: String? = null,
    ): CompletableFuture<ReplayResult> = future { replay(cid, reason) }

    /** Deletes the dead call [cid]; false if it is not dead. */
    @JvmSynthetic
    public suspend fun discard(
        cid: String,
        reason: String? = null,
    ): Boolean = audited("discard", cid, reason, { it }) { store.discard(listOf(cid)) == 1 }

    /** The same as a future. */
    @JvmOverloads
    public fun discardAsync(
        cid: String,
        reason: String? = null,
    ): CompletableFuture<Boolean> = future { discard(cid, reason) }

    /** Cancels the call [cid]: by its worker if it is running, otherwise immediately. */
    @JvmSynthetic
    public suspend fun cancel(
        cid: String,
        reason: String? = null,
    ): CancelResult =
        audited("cancel", cid, reason, { it == CancelResult.CANCELLED || it == CancelResult.REQUESTED }) {
            store.cancel(cid, rules).also { cancelled(cid) }
        }

    /** The same as a future. */
    @JvmOverloads
    public fun cancelAsync(
        cid: String,
        reason: String? = null,
    ): CompletableFuture<CancelResult> = future { cancel(cid, reason) }

    /** Returns the call [cid] with its payloads, which is audited; null if there is none. */
    @JvmSynthetic
    public suspend fun reveal(
        cid: String,
        reason: String? = null,
    ): Call? = audited("reveal", cid, reason, { it != null }) { store.find(cid)?.toCall() }

    /** The same as a future. */
    @JvmOverloads
    public fun revealAsync(
        cid: String,
        reason: String? = null,
    ): CompletableFuture<Call?> = future { reveal(cid, reason) }

    /**
     * Has the run of the durable workflow undone whose call is [cid], which has ended: enqueues a call for that, which is retried and found like
     * every call. The code of the workflow is needed by the worker only. Returns the id of that call.
     *
     * @throws dev.reprise.queue.model.UnknownCallException if there is no call [cid].
     * @throws IllegalArgumentException if it is not that of a durable workflow, or has not ended.
     */
    @JvmSynthetic
    public suspend fun undo(
        cid: String,
        reason: String? = null,
    ): String {
        val call = store.find(cid) ?: throw UnknownCallException(cid)
        require(call.request.isWorkflow) { "the call $cid to '${call.handler}' is not that of a durable workflow" }
        require(call.state.isEnd) { "the call $cid has not ended, so its run is not undone; cancel it first" }
        return audited("undo", cid, reason, { true }) {
            queue.enqueue(Target.callback(undoHandlerOf(call.handler)), undoRequestOf(call.handler, cid)).cid
        }
    }

    /** The same as a future. */
    @JvmOverloads
    public fun undoAsync(
        cid: String,
        reason: String? = null,
    ): CompletableFuture<String> = future { undo(cid, reason) }

    /** Stops claims for [lane] in all processes, until it is resumed; calls that run there end as usual. */
    @JvmSynthetic
    public suspend fun pause(
        lane: String,
        reason: String? = null,
    ) {
        requireKey("the name of a lane", lane)
        audited("pause", lane, reason, { true }) { lifecycle.pause(lane, isPaused = true, actor.name) }
    }

    /** The same as a future. */
    @JvmOverloads
    public fun pauseAsync(
        lane: String,
        reason: String? = null,
    ): CompletableFuture<Void?> = future { null.also { pause(lane, reason) } }

    /** Allows claims for [lane] again. */
    @JvmSynthetic
    public suspend fun resume(
        lane: String,
        reason: String? = null,
    ): Unit = audited("resume", lane, reason, { true }) { lifecycle.pause(lane, isPaused = false) }

    /** The same as a future. */
    @JvmOverloads
    public fun resumeAsync(
        lane: String,
        reason: String? = null,
    ): CompletableFuture<Void?> = future { null.also { resume(lane, reason) } }

    private fun changed(
        action: OperatorAction,
        calls: List<StoredCall>,
    ) {
        events.acted(calls, "$action", "$actor")
        if (action is OperatorAction.Cancel) calls.forEach { cancelled(it.cid) }
    }

    /** A worker of this process need not wait for the next renewal of its lease, nor a caller for the next poll. */
    private fun cancelled(cid: String) {
        lifecycle.worker?.cancelRequested(cid)
        lifecycle.endings.notifyEnded(cid)
    }

    /**
     * Does [work], which is [action] on [subject], and writes it to the audit: before it starts, and then whether it [hasChanged] something.
     * For what this operator has no function for, such as the removal of a run from its store.
     */
    @JvmSynthetic
    public suspend fun <T> audited(
        action: String,
        subject: String,
        reason: String?,
        hasChanged: (T) -> Boolean,
        work: suspend () -> T,
    ): T {
        val begun = store.operations.record(ActionRun.entryOf(actor, action, subject, reason, State.STARTED))
        val before = if (events.isHeard) store.find(subject) else null
        val result = work()
        if (hasChanged(result)) events.acted(listOfNotNull(before), action, "$actor")
        store.operations.record(begun.copy(matched = 1, changed = if (hasChanged(result)) 1 else 0, State.DONE))
        log("$action '$subject'", reason, if (result is Enum<*>) result.name else "done")
        return result
    }

    private fun log(
        what: String,
        reason: String?,
        result: String,
    ) {
        QueueLogs.operator.log(System.Logger.Level.INFO) { "$actor: $what${reason?.let { " ($it)" } ?: ""}: $result" }
    }

    public companion object {
        private const val LARGEST_TRANSACTION = 1_000

        /** An operator of the calls in [store], without a queue: for a process that runs none of them. */
        @JvmStatic
        public fun on(
            store: CallStore,
            actor: Actor,
        ): QueueOperator = RetryQueue.on(store).operator(actor)
    }
}
