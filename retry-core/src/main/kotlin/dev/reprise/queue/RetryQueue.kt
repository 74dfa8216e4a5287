package dev.reprise.queue

import dev.reprise.RetryPolicy
import dev.reprise.RetryPolicyBuilder
import dev.reprise.internal.queue.CurrentCall
import dev.reprise.internal.queue.DeadCallPages
import dev.reprise.internal.queue.NewCalls
import dev.reprise.internal.queue.QueueSettings
import dev.reprise.internal.queue.TransactionalCalls
import dev.reprise.internal.queue.events.QueueEvents
import dev.reprise.internal.queue.fixed
import dev.reprise.internal.queue.worker.CallCancellation
import dev.reprise.internal.queue.worker.Invocations
import dev.reprise.internal.queue.worker.QueueLifecycle
import dev.reprise.internal.queue.worker.QueueReports
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CallHandle
import dev.reprise.queue.model.CallOptions
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.Diagnosis
import dev.reprise.queue.model.InvokeResult
import dev.reprise.queue.model.QueueClosedException
import dev.reprise.queue.model.QueueHealth
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.TransactionalCallQueue
import dev.reprise.queue.model.UnknownHandlerException
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.toCall
import dev.reprise.retryPolicy
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import java.nio.file.Path
import java.sql.Connection
import javax.sql.DataSource
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/**
 * Durable calls: an enqueued call runs at least once, on a worker that has a handler of its name, and is retried by its policy across
 * crashes and restarts. One result is accepted, the call ends once, and each callback is enqueued once.
 *
 * ```
 * val queue = RetryQueue.open(Path("calls.db")) {
 *     handle(charge) { request -> gateway.charge(request, idempotencyKey = call.cid) }
 *     callback("charged") { outcome -> log(outcome) }
 * }
 * queue.start(scope)
 * val handle = queue.enqueue(charge, "42 EUR") { uniqueKey = "order/42"; callback("charged") }
 * ```
 *
 * A queue that is not started accepts calls and can be queried, but runs no calls. Safe for any number of threads and coroutines.
 */
public class RetryQueue private constructor(
    internal val store: CallStore,
    private val settings: QueueSettings,
    ownsStore: Boolean,
) : TransactionalCallQueue {
    private val newCalls = NewCalls(settings)
    private val events = QueueEvents(settings.listeners, store.clock) { settings.handlers[it]?.lane }
    private val lifecycle = QueueLifecycle(settings, store, ownsStore, events)
    private val transactions = TransactionalCalls(settings, store, events)
    private val invocations = Invocations(this, settings, store, newCalls, events, lifecycle)

    /**
     * Starts to run calls in [scope], until [stopWorking] or [shutdown], or until [scope] is cancelled. Returns when the store has responded.
     *
     * @throws dev.reprise.queue.model.StoreUnavailableException if the store cannot be reached.
     * @throws dev.reprise.queue.model.SchemaException if its tables are missing, or were created by a newer version.
     * @throws QueueClosedException if the queue is running, or was shut down.
     */
    public suspend fun start(scope: CoroutineScope): Job = lifecycle.start(this, scope)

    /**
     * Stops to run calls, as [shutdown] does, and leaves the queue open: calls are accepted and run in other processes, or here after another
     * [start]. Does nothing if it runs no calls. Frameworks call it before the application stops to take requests.
     */
    public suspend fun stopWorking(grace: Duration = 30.seconds): Unit = lifecycle.stopWorking(grace)

    /**
     * Stops in this sequence: no more claims; running handlers get [grace] to end, then they are cancelled; all results are written; calls
     * that did not finish go back to the queue without counting an attempt; last, the lease is closed. Returns when nothing of the queue
     * runs, at the latest 10 seconds after [grace], also if the store does not respond: then other workers take over what is left.
     */
    public suspend fun shutdown(grace: Duration = 30.seconds): Unit = lifecycle.shutdown(grace)

    override suspend fun <Q, R> enqueueAll(
        target: Target<Q, R>,
        requests: List<Q>,
        block: CallOptions.(Q) -> Unit,
    ): List<CallHandle<R>> {
        val caller = CurrentCall.current()
        lifecycle.requireOpen(caller)
        val calls = requests.map { newCalls.create(target, it, caller) { block(it) } }
        val accepted =
            transactions.enqueueInCurrent(calls)
                ?: lifecycle.worker?.directDispatch?.enqueue(calls)
                ?: events.enqueued(calls, store.enqueue(calls))
        return accepted.map { handleOf(it, target) }
    }

    private fun <R> handleOf(
        accepted: EnqueueResult,
        target: Target<*, R>,
    ) = CallHandle.of(this, target, accepted.cid, accepted.isNew, lifecycle.futures)

    /** Accepts a call for the handler that is registered here as [name]. @throws UnknownHandlerException if there is none. */
    public suspend fun enqueue(
        name: String,
        request: Any?,
        block: CallOptions.() -> Unit = {},
    ): CallHandle<Any?> = enqueue(settings.target(name), request, block)

    override fun <Q, R> enqueueAll(
        connection: Connection,
        target: Target<Q, R>,
        requests: List<Q>,
        block: CallOptions.(Q) -> Unit,
    ): List<CallHandle<R>> {
        val caller = CurrentCall.ofThread()
        lifecycle.requireOpen(caller)
        val calls = requests.map { newCalls.create(target, it, caller) { block(it) } }
        return transactions.enqueue(connection, calls).map { handleOf(it, target) }
    }

    override fun cancel(
        connection: Connection,
        cid: String,
    ): CancelResult = transactions.cancel(connection, cid)

    /**
     * Makes the call now, with retries by [policy] (default: that of the queue), and returns the result of the handler. Nothing is stored: a
     * crash loses the call. The caller waits until the policy gives up: three days with the default policy.
     *
     * @throws dev.reprise.queue.model.CallFailedException when the policy gives up; it has the id, the count and the causes.
     * @throws UnknownHandlerException if the handler is not registered here.
     * @throws QueueClosedException if the queue was shut down.
     */
    public suspend fun <Q, R> invoke(
        target: Target<Q, R>,
        request: Q,
        policy: RetryPolicy = settings.policy,
    ): R = invoke(target, request, policy, {})

    /** Makes the call now, with retries by [policy]. Its handler sees the keys, tags and headers that [options] set; nothing else is done with them. */
    public suspend fun <Q, R> invoke(
        target: Target<Q, R>,
        request: Q,
        policy: RetryPolicy,
        options: CallOptions.() -> Unit,
    ): R = invocations.invoke(target, request, policy, options)

    /** Makes the call now, with retries by the policy that is configured in [policy]. */
    public suspend fun <Q, R> invoke(
        target: Target<Q, R>,
        request: Q,
        policy: RetryPolicyBuilder.() -> RetryPolicyBuilder,
    ): R = invoke(target, request, retryPolicy(policy))

    /** Makes a call now to the handler that is registered here as [name], with retries by the policy that is configured in [policy]. */
    public suspend fun invoke(
        name: String,
        request: Any?,
        policy: RetryPolicyBuilder.() -> RetryPolicyBuilder,
    ): Any? = invoke(settings.target(name), request, policy)

    /** Makes a call now to the handler that is registered here as [name]. */
    public suspend fun invoke(
        name: String,
        request: Any?,
        policy: RetryPolicy = settings.policy,
    ): Any? = invoke(settings.target(name), request, policy)

    /**
     * Makes the first attempt now. If it fails, the call is enqueued and retried by its policy, which starts to count with the next attempt:
     * three attempts by policy are four in all. Callbacks are notified only of those; the caller gets the result of the first attempt.
     *
     * The first attempt just calls the handler, without timeout, lane, order and unique key. With [persistFirst] the call is stored before
     * it, which costs a write and survives a crash. Then timeout, order and unique key apply; the limits and the pause of its lane do not,
     * because the caller makes the attempt. The queue has to be started for that.
     *
     * @throws UnknownHandlerException if the handler is not registered here.
     * @throws dev.reprise.queue.model.DeadlinePassedException if the deadline has passed; no attempt is made then.
     * @throws dev.reprise.queue.model.CallFailedException if the handler rejected the call; with [persistFirst], if it is dead after its first attempt.
     * @throws dev.reprise.queue.model.StoreUnavailableException if the first attempt failed and the store rejects the call: its failure is suppressed in it.
     * @throws QueueClosedException if the queue was shut down, or is not started and [persistFirst] is set.
     */
    public suspend fun <Q, R> invokeOrDefer(
        target: Target<Q, R>,
        request: Q,
        persistFirst: Boolean = false,
        block: CallOptions.() -> Unit = {},
    ): InvokeResult<R> =
        if (persistFirst) invocations.persistFirst(target, request, block) else invocations.invokeOrDefer(target, request, block)

    /** Makes the first attempt now, at a call to the handler that is registered here as [name]. */
    public suspend fun invokeOrDefer(
        name: String,
        request: Any?,
        persistFirst: Boolean = false,
        block: CallOptions.() -> Unit = {},
    ): InvokeResult<Any?> = invokeOrDefer(settings.target(name), request, persistFirst, block)

    /**
     * Replaces the handler that is registered for [target]: later attempts call [handler], running ones end unchanged.
     *
     * @throws UnknownHandlerException if none is registered.
     */
    public fun <Q, R> replaceHandler(
        target: Target<Q, R>,
        version: Int,
        handler: suspend CallContext.(Q) -> R,
    ): Unit = settings.replaceHandler(target, fixed(version, handler))

    override suspend fun find(cid: String): Call? = store.find(cid)?.toCall()

    override suspend fun findUnique(uniqueKey: String): Call? = store.findUnique(uniqueKey)?.toCall()

    override suspend fun liveOrderKeys(keys: Set<String>): Set<String> =
        keys.chunked(CallStore.MOST_ORDER_KEYS).flatMapTo(HashSet()) { store.liveOrderKeys(it.toSet()) }

    override suspend fun errors(cid: String): List<AttemptError> = store.errors(cid)

    override suspend fun awaitEnd(cid: String): Call = lifecycle.endings.await(cid).toCall()

    override suspend fun counts(): List<CallCount> = store.counts()

    override suspend fun why(cid: String): Diagnosis = QueueReports.why(cid, store, settings, isStarted = lifecycle.worker != null)

    override suspend fun cancel(cid: String): CancelResult =
        transactions.cancelInCurrent(cid) ?: CallCancellation(settings, store, lifecycle).cancel(cid)

    override suspend fun deadCalls(
        limit: Int,
        filter: (Call) -> Boolean,
    ): List<Call> = DeadCallPages(store).list(limit, filter)

    override suspend fun replay(
        dryRun: Boolean,
        filter: (Call) -> Boolean,
    ): Map<String, ReplayResult> = DeadCallPages(store).replay(dryRun, filter)

    override suspend fun discard(
        dryRun: Boolean,
        filter: (Call) -> Boolean,
    ): List<String> = DeadCallPages(store).discard(dryRun, filter)

    override suspend fun pause(lane: String): Unit = lifecycle.pause(lane, isPaused = true)

    override suspend fun resume(lane: String): Unit = lifecycle.pause(lane, isPaused = false)

    /** Returns what [actor] sees of this queue and does to it, also if it is not started. */
    public fun operator(actor: Actor): QueueOperator = QueueOperator(this, actor, settings.endRules, lifecycle, events)

    /** Returns the health of the queue, without calling the store. */
    public fun health(): QueueHealth = QueueReports.health(lifecycle.worker, lifecycle.isActive, settings.lanes, store.warnings)

    public companion object {
        /**
         * Opens a queue in the SQLite file [file], which is created if it does not exist. Needs `org.xerial:sqlite-jdbc`; several processes on
         * one machine can open the same file. `shutdown` closes it.
         *
         * @throws dev.reprise.queue.model.StoreUnavailableException if the file cannot be opened, or the driver is missing.
         */
        public suspend fun open(
            file: Path,
            block: RetryQueueBuilder.() -> Unit = {},
        ): RetryQueue {
            val store = JdbcCallStore(file)
            store.migrate()
            return RetryQueue(store, RetryQueueBuilder.settings(block), ownsStore = true)
        }

        /** A queue in the database of [dataSource], SQLite or PostgreSQL, whose tables exist: [JdbcCallStore.migrate] creates them. */
        public fun jdbc(
            dataSource: DataSource,
            block: RetryQueueBuilder.() -> Unit = {},
        ): RetryQueue = RetryQueue(JdbcCallStore(dataSource), RetryQueueBuilder.settings(block), ownsStore = true)

        /** A queue in memory: for tests, and where the calls can be lost with the process. */
        public fun inMemory(block: RetryQueueBuilder.() -> Unit = {}): RetryQueue = on(InMemoryCallStore(), block)

        /** A queue on [store], which `shutdown` does not close. */
        public fun on(
            store: CallStore,
            block: RetryQueueBuilder.() -> Unit = {},
        ): RetryQueue = RetryQueue(store, RetryQueueBuilder.settings(block), ownsStore = false)

        /** A queue on [store], which `shutdown` does not close, with the handlers of [registry]. */
        public fun on(
            store: CallStore,
            registry: HandlerRegistry,
        ): RetryQueue = RetryQueue(store, registry.settings, ownsStore = false)
    }
}
