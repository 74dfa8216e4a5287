package dev.reprise.queue

import dev.reprise.RetryPolicyBuilder
import dev.reprise.internal.queue.Callbacks
import dev.reprise.internal.queue.CurrentCall
import dev.reprise.internal.queue.DeadCallPages
import dev.reprise.internal.queue.HandlerRegistration
import dev.reprise.internal.queue.QueueSettings
import dev.reprise.internal.queue.fixed
import dev.reprise.internal.queue.worker.CancelCause
import dev.reprise.internal.queue.worker.CompletionWaiters
import dev.reprise.internal.queue.worker.Invocations
import dev.reprise.internal.queue.worker.QueueWorker
import dev.reprise.internal.queue.worker.healthOf
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallHandle
import dev.reprise.queue.model.CallOptions
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.Diagnosis
import dev.reprise.queue.model.InvokeResult
import dev.reprise.queue.model.QueueClosedException
import dev.reprise.queue.model.QueueHealth
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.UnknownHandlerException
import dev.reprise.queue.model.requireKey
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.TransactionalCallStore
import dev.reprise.queue.spi.accepted
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.launch
import java.sql.Connection
import java.util.concurrent.atomic.AtomicReference
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * Durable calls: what is enqueued is made at least once, by whichever worker has a handler of that name, again and again as its policy
 * says, across crashes and restarts. One accepted result, one end, and each callback once.
 *
 * ```
 * val queue = RetryQueue(InMemoryCallStore()) {
 *     handle(charge) { request -> gateway.charge(request, idempotencyKey = call.cid) }
 *     callback("charged") { outcome -> log(outcome) }
 * }
 * queue.start(scope)
 * val handle = queue.enqueue(charge, "42 EUR") { uniqueKey = "order/42"; callback("charged") }
 * ```
 *
 * A queue that is not started enqueues and answers questions, and makes no calls. Safe for any number of threads and coroutines.
 */
public class RetryQueue internal constructor(
    internal val store: CallStore,
    internal val options: QueueSettings,
    private val ownsStore: Boolean,
) {
    internal val endings = CompletionWaiters(store)
    private val engine = AtomicReference<QueueWorker?>()
    private val invocations = Invocations(this)

    @Volatile
    private var job: Job? = null

    @Volatile
    private var isShutDown = false

    /** The engine of a queue that runs, for [caller]. @throws QueueClosedException if it does not. */
    internal fun started(caller: CurrentCall?): QueueWorker {
        requireOpen(caller)
        return engine.get() ?: throw QueueClosedException("the queue is not running: start(scope) starts it")
    }

    /**
     * Starts to make calls, in [scope]: everything the queue does is a child of it. Returns when the store has answered; calls are made
     * until [shutdown], or until [scope] is cancelled.
     *
     * @throws StoreUnavailableException if the store cannot be reached.
     * @throws SchemaException if its tables are missing, or made by a newer version.
     * @throws QueueClosedException if it was started before.
     */
    public suspend fun start(scope: CoroutineScope): Job {
        requireOpen(caller = null)
        val begun = QueueWorker(this, endings)
        if (!engine.compareAndSet(null, begun)) throw QueueClosedException("a queue is started once; make another one")
        try {
            store.open()
        } catch (e: Throwable) {
            engine.set(null)
            throw e
        }
        return scope.launch { begun.run() }.also { job = it }
    }

    /**
     * Stops in this order: no more claims; running handlers get [grace] to end, then they are cut; all ends are written; what was not
     * finished goes back to the queue without counting as an attempt; last, the lease is given back. Returns when nothing of the queue
     * runs any more.
     */
    public suspend fun shutdown(grace: Duration = 30.seconds) {
        require(!grace.isNegative()) { "grace must not be negative, but was $grace; zero cuts running handlers at once" }
        isShutDown = true
        engine.get()?.stop(grace)
        job?.join()
        if (ownsStore) store.close()
    }

    /**
     * Accepts a call: when this returns it is stored. See [CallOptions] for what can be said about it.
     *
     * @throws InvalidCallException if a value breaks a limit.
     * @throws QueueClosedException if the queue was shut down.
     * @throws IllegalStateException if the policy holds code, which no store can keep.
     * @throws StoreUnavailableException if the store does not answer.
     */
    public suspend fun <Q, R> enqueue(
        target: Target<Q, R>,
        request: Q,
        block: CallOptions.() -> Unit = {},
    ): CallHandle<R> = enqueueAll(target, listOf(request)) { block() }.single()

    /** Accepts a call to each of [requests], all or none, in one transaction: the answers are in their order. */
    public suspend fun <Q, R> enqueueAll(
        target: Target<Q, R>,
        requests: List<Q>,
        block: CallOptions.(Q) -> Unit = {},
    ): List<CallHandle<R>> {
        val caller = currentCoroutineContext()[CurrentCall]
        requireOpen(caller)
        val calls = requests.map { options.newCall(target, it, caller) { block(it) } }
        val accepted = engine.get()?.shortcut?.enqueue(calls) ?: store.enqueue(calls)
        return accepted.map { CallHandle(it.cid, it.isNew, this, target) }
    }

    /** Accepts a call to the handler that is registered here as [name]. @throws UnknownHandlerException if there is none. */
    public suspend fun enqueue(
        name: String,
        request: Any?,
        block: CallOptions.() -> Unit = {},
    ): CallHandle<Any?> = enqueue(options.target(name), request, block)

    /**
     * Accepts a call in the transaction that is open on [connection]: it is there if that commits, and never was if it does not. Blocks.
     * Workers see it with their next look after the commit.
     *
     * @throws UnsupportedOperationException if the store is not one of a database.
     * @throws InvalidCallException if [connection] commits every statement by itself, so that there is no transaction.
     */
    public fun <Q, R> enqueue(
        connection: Connection,
        target: Target<Q, R>,
        request: Q,
        block: CallOptions.() -> Unit = {},
    ): CallHandle<R> {
        val caller = CurrentCall.ofThread()
        requireOpen(caller)
        val store =
            store as? TransactionalCallStore
                ?: throw UnsupportedOperationException("$store cannot join a JDBC transaction; a store on a DataSource can")
        val accepted = store.enqueue(connection, listOf(options.newCall(target, request, caller, block))).single()
        return CallHandle(accepted.cid, accepted.isNew, this, target)
    }

    /**
     * A handler that is given time to end, as the [caller], may go on as ever.
     *
     * @throws QueueClosedException if it was shut down, or the scope that it ran in is no more.
     */
    private fun requireOpen(caller: CurrentCall?) {
        val isClosed = isShutDown || engine.get()?.isStopping == true
        if (!isClosed || (caller != null && job?.isActive == true)) return
        throw QueueClosedException("the queue was shut down: make another one on the same store")
    }

    /**
     * Makes the call here and now, with retries by the policy told in [policy] (default: that of the queue), and returns what the handler
     * returned. Nothing is stored: a crash forgets it.
     *
     * The caller waits for as long as the policy goes on: that of a queue is three days by default.
     *
     * @throws CallFailedException when the policy gives up; it has the id, the count and the causes.
     * @throws UnknownHandlerException if the handler is not registered here.
     * @throws QueueClosedException if the queue was shut down.
     */
    public suspend fun <Q, R> invoke(
        target: Target<Q, R>,
        request: Q,
        policy: (RetryPolicyBuilder.() -> RetryPolicyBuilder)? = null,
    ): R {
        requireOpen(currentCoroutineContext()[CurrentCall])
        return invocations.invoke(target, request, policy)
    }

    /** The same for the handler that is registered here as [name]. */
    public suspend fun invoke(
        name: String,
        request: Any?,
        policy: (RetryPolicyBuilder.() -> RetryPolicyBuilder)? = null,
    ): Any? = invoke(options.target(name), request, policy)

    /**
     * Makes the first attempt here and now. If it fails, the call is enqueued, to be retried by its policy, whose count begins anew:
     * `retry(repeats = 3, …)` allows three calls in the background, four in all. Callbacks are told of those only; a first attempt that
     * returns is told by its value.
     *
     * That first attempt is a plain call of the handler: no timeout, lane, order or unique key holds for it. With [persistFirst] the call
     * is stored before it, which costs a write and survives a crash in it. Timeout, order and unique key hold for it then; only the limits
     * and the pause of its lane do not, for it is the caller who makes it. The queue has to be started for that.
     *
     * @throws UnknownHandlerException if the handler is not registered here.
     * @throws DeadlinePassedException if the deadline has passed; no attempt is made then.
     * @throws CallFailedException if [persistFirst] was asked for and the call is dead after its first attempt, as when it is rejected.
     * @throws StoreUnavailableException if the first attempt failed and the store does not take the call: its failure is suppressed in it.
     * @throws QueueClosedException if the queue was shut down, or is not started and [persistFirst] asks for it.
     */
    public suspend fun <Q, R> invokeOrDefer(
        target: Target<Q, R>,
        request: Q,
        persistFirst: Boolean = false,
        block: CallOptions.() -> Unit = {},
    ): InvokeResult<R> {
        requireOpen(currentCoroutineContext()[CurrentCall])
        return if (persistFirst) invocations.persistFirst(target, request, block) else invocations.invokeOrDefer(target, request, block)
    }

    /** The same for the handler that is registered here as [name]. */
    public suspend fun invokeOrDefer(
        name: String,
        request: Any?,
        persistFirst: Boolean = false,
        block: CallOptions.() -> Unit = {},
    ): InvokeResult<Any?> = invokeOrDefer(options.target(name), request, persistFirst, block)

    /**
     * Puts [handler] in the place of the one that is registered for [target]; attempts that begin from now on are made by it, running
     * ones end as they are.
     *
     * @throws UnknownHandlerException if none is registered.
     */
    public fun <Q, R> replaceHandler(
        target: Target<Q, R>,
        version: Int,
        handler: suspend CallContext.(Q) -> R,
    ) {
        options.handlers.computeIfPresent(
            target.name,
        ) { _, old -> HandlerRegistration(target, old.lane, old.concurrency, fixed(version, handler)) }
            ?: throw UnknownHandlerException(target.name, options.handlers.keys)
    }

    /** The call; null if there is none, or its retention is over. */
    public suspend fun find(cid: String): StoredCall? = store.find(cid)

    /** What went wrong with a call: its first failure and the last 99, oldest first. */
    public suspend fun errors(cid: String): List<AttemptError> = store.errors(cid)

    /** How many calls there are by handler and state. It costs the same for ten calls and for ten millions. */
    public suspend fun counts(): List<CallCount> = store.counts()

    /** Why the call [cid] is not running, or where it is. */
    public suspend fun why(cid: String): Diagnosis {
        val situation = store.situation(cid)
        return Diagnosis.of(cid, situation, situation?.let { options.handlers[it.call.handler]?.lane }, isStarted = engine.get() != null)
    }

    /** Cancels a call that has not ended; its callbacks are told. A running one is cancelled by its worker within 5 seconds. */
    public suspend fun cancel(cid: String): CancelResult {
        val call = store.find(cid) ?: return CancelResult.UNKNOWN
        if (call.state.isEnd) return CancelResult.ENDED
        val ended = call.copy(state = CallState.CANCELLED, endedAt = store.situation(cid)?.now ?: call.enqueuedAt)
        val callbacks = if (call.order.callbacks.isEmpty()) emptyList() else Callbacks.of(ended, store.errors(cid), options.policy)
        val result = store.cancel(cid, callbacks)
        if (result == CancelResult.REQUESTED) engine.get()?.running?.cut(cid, CancelCause.CANCELLED)
        if (result == CancelResult.CANCELLED) endings.tell(cid)
        return result
    }

    /** The dead letters: those for which [filter] holds, oldest first, at most [limit]. */
    public suspend fun deadCalls(
        limit: Int = 100,
        filter: (StoredCall) -> Boolean = { true },
    ): List<StoredCall> = DeadCallPages(store).list(limit, filter)

    /**
     * Makes all dead calls ready again for which [filter] holds, each with its policy from the beginning; returns what became of each.
     * With [dryRun] it only says which they are: all `REPLAYED`, for whether a unique key is taken shows when it is done.
     */
    public suspend fun replay(
        dryRun: Boolean = false,
        filter: (StoredCall) -> Boolean,
    ): Map<String, ReplayResult> = DeadCallPages(store).replay(dryRun, filter)

    /** Removes all dead calls for good for which [filter] holds; returns their ids. With [dryRun] it only says which they are. */
    public suspend fun discard(
        dryRun: Boolean = false,
        filter: (StoredCall) -> Boolean,
    ): List<String> = DeadCallPages(store).discard(dryRun, filter)

    /** Stops claims for [lane] in all processes; what runs there ends as usual. It outlives a restart. */
    public suspend fun pause(lane: String): Unit = store.pause(requireKey("the name of a lane", lane), paused = true)

    /** Lets [lane] go on. */
    public suspend fun resume(lane: String): Unit = store.pause(lane, paused = false)

    /** How the queue is doing, without asking the store. */
    public fun health(): QueueHealth = healthOf(engine.get(), isActive = job?.isActive == true)

    public companion object {
        /** A queue that closes [store] when it is shut down. */
        internal fun owning(
            store: CallStore,
            block: RetryQueueBuilder.() -> Unit,
        ): RetryQueue = RetryQueue(store, RetryQueueBuilder().apply(block).build(), ownsStore = true)
    }
}

/** A queue on [store], with the handlers and settings told in [block]. */
public fun RetryQueue(
    store: CallStore,
    block: RetryQueueBuilder.() -> Unit = {},
): RetryQueue = RetryQueue(store, RetryQueueBuilder().apply(block).build(), ownsStore = false)
