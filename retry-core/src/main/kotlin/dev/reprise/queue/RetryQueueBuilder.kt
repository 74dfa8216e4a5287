package dev.reprise.queue

import dev.reprise.CarriedContext
import dev.reprise.RetryPolicies
import dev.reprise.RetryPolicy
import dev.reprise.RetryPolicyBuilder
import dev.reprise.internal.policy.GeneratorRandom
import dev.reprise.internal.queue.FailureRecorder
import dev.reprise.internal.queue.HandlerRegistration
import dev.reprise.internal.queue.HandlerSource
import dev.reprise.internal.queue.LeaseTimes
import dev.reprise.internal.queue.PolicyCache
import dev.reprise.internal.queue.QueueSettings
import dev.reprise.internal.queue.fixed
import dev.reprise.internal.queue.operate.ApplicationVersion
import dev.reprise.policy.RetryDsl
import dev.reprise.queue.event.CallListener
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.CallOutcome
import dev.reprise.queue.model.FailureText
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.requireKey
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.CRASHES_KEPT
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.CallerTransaction
import dev.reprise.retryPolicy
import dev.reprise.run.ContextCarrier
import java.util.concurrent.ConcurrentHashMap
import java.util.random.RandomGenerator
import kotlin.coroutines.CoroutineContext
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** Configures the handlers and the settings of a [RetryQueue]. */
@RetryDsl
public class RetryQueueBuilder internal constructor() {
    private val handlers = ConcurrentHashMap<String, HandlerRegistration<*, *>>()
    private val lanes = LinkedHashMap<String, LaneBuilder>()
    private var policy: RetryPolicy = RetryPolicies.durableDefault()
    private var random: Random = Random.Default
    private var callerTransaction: CallerTransaction? = null
    private var failureText: ((Throwable) -> FailureText)? = null
    private val listeners = ArrayList<CallListener>()
    private val chores = ArrayList<suspend (CallStore) -> Unit>()
    private var carriers: List<ContextCarrier>? = null

    /**
     * The name of this worker in [RetryQueue.why]. Default: the id of the process.
     *
     * With PostgreSQL, a name that stays the same when a process is started again lets it take over the calls of its predecessor at once, if
     * that is proven dead: its session holds no lock any more. It need not be unique. It has no effect without notifications, or behind a
     * pooler.
     */
    public var workerName: String = DEFAULT_NAME

    /**
     * The version of the application, for [workers][QueueOperator.workers]. Default: the `Implementation-Version` of the jar that the JVM was
     * started with, or that has its main class; null if that has none.
     */
    public var applicationVersion: String? = null

    /** How often a store that other processes can change is polled for due calls. Default: 1 s. */
    public var pollInterval: Duration = 1.seconds

    /**
     * How long a call that succeeded or was cancelled is kept, unless its handler sets another retention. Each call keeps the one that it
     * ended with. Dead calls are kept until they are replayed or discarded. Default: 3 days.
     */
    public var retention: Duration = 3.days

    /** The time limit of an attempt whose policy has no `attemptTimeout`. Default: 15 minutes; infinite for no limit. */
    public var attemptTimeout: Duration = 15.minutes

    /**
     * The largest request, response or context, in bytes. The outcome that a callback receives is as large at most; a larger one has no
     * response, and says so among its errors. Default: 1 MiB.
     */
    public var maxPayloadBytes: Int = 1 shl 20

    /**
     * How many times the worker of a call can die within [crashWindow] before the call is dead, `CRASH_LOOP`. A call that one more death
     * would end runs alone. Default: 3; at most 10.
     */
    public var maxCrashes: Int = 3

    /** How long a crash counts for [maxCrashes]. Default: 72 hours. */
    public var crashWindow: Duration = 72.hours

    /** Where [CallHandle.resultAsync][dev.reprise.queue.model.CallHandle.resultAsync] and `endAsync` wait and complete. Default: daemon threads. */
    public var futureContext: CoroutineContext? = null

    /** True if the attempts of each handler and minute are counted in the store, for two days: one small write a minute. Default: true. */
    public var pulse: Boolean = true

    /** Shorter times make tests of leases fast. */
    internal var leaseTimes = LeaseTimes()

    /**
     * Handles the calls to [target] with [handler], in the lane [lane].
     *
     * A call can be attempted again after an attempt that had effects, so [handler] has to be idempotent; `call.cid` is the same every time.
     * At most [concurrency] of its calls run at a time in this process (default: what the lane allows). [version] is recorded with every
     * attempt. Its finished calls are kept for [retention] (default: what the queue sets); without [keepPayload], the requests of those
     * that succeeded are not kept; without [keepSucceeded], calls that succeeded are counted but not kept, so that `find` and `await` do not
     * know them afterwards.
     *
     * @throws IllegalArgumentException if a handler of that name is registered already, or [concurrency] is below 1.
     */
    public fun <Q, R> handle(
        target: Target<Q, R>,
        lane: String = DEFAULT_LANE,
        version: Int = DEFAULT_VERSION,
        concurrency: Int = UNLIMITED,
        retention: Duration? = null,
        keepPayload: Boolean = true,
        keepSucceeded: Boolean = true,
        handler: suspend CallContext.(Q) -> R,
    ) {
        register(HandlerRegistration(target, lane, concurrency, fixed(version, handler), retention, keepPayload, keepSucceeded))
    }

    /**
     * Handles the calls to [target] with the code that [source] finds on the disk when an attempt starts.
     *
     * @throws IllegalArgumentException if a handler of that name is registered already, or [concurrency] is below 1.
     */
    public fun <Q, R> handle(
        target: Target<Q, R>,
        source: ReloadingHandler<Q, R>,
        lane: String = DEFAULT_LANE,
        concurrency: Int = UNLIMITED,
        retention: Duration? = null,
        keepPayload: Boolean = true,
        keepSucceeded: Boolean = true,
    ) {
        register(HandlerRegistration(target, lane, concurrency, source.source, retention, keepPayload, keepSucceeded))
    }

    private fun register(handler: HandlerRegistration<*, *>) {
        val name = handler.target.name
        require(handler.retention?.isNegative() != true) { "the retention of '$name' must not be negative, but was ${handler.retention}" }
        require(handler.concurrency >= 1) { "the concurrency of '$name' must be at least 1, but was ${handler.concurrency}" }
        requireKey("the name of a lane", handler.lane)
        val before = handlers.putIfAbsent(name, handler)
        require(before == null) { "a handler for '$name' is registered already; replaceHandler replaces the handler of a running queue" }
    }

    /** Handles the outcomes of calls whose callback is [name]. */
    public fun callback(
        name: String,
        lane: String = DEFAULT_LANE,
        handler: suspend CallContext.(CallOutcome) -> Unit,
    ) {
        handle(Target(name, PayloadCodec.Outcome, PayloadCodec.None), lane, handler = handler)
    }

    /** Configures the lane [name]. */
    public fun lane(
        name: String,
        block: LaneBuilder.() -> Unit,
    ) {
        lanes.getOrPut(name) { LaneBuilder() }.apply(block)
    }

    /**
     * Retries calls that have no policy by [policy]. Default: [RetryPolicies.durableDefault][dev.reprise.RetryPolicies.durableDefault].
     *
     * @throws IllegalStateException if it holds code, which no store can keep.
     * @throws IllegalArgumentException if only a stop or a budget ends it.
     */
    public fun policy(policy: RetryPolicy) {
        PolicyCache.notationOf(policy)
        this.policy = policy
    }

    /** Retries calls that have no policy by the policy that is configured in [block]. */
    public fun policy(block: RetryPolicyBuilder.() -> RetryPolicyBuilder): Unit = policy(retryPolicy(block))

    /**
     * Decides what is stored of failures beside their classes, for messages that hold what must not be seen: [text] is called for each
     * failure and each of its causes, in the process of the handler. If it throws, the message is withheld. Default: message and stack trace.
     *
     * ```
     * failureText(FailureText::typeOnly)
     * ```
     */
    public fun failureText(text: (Throwable) -> FailureText) {
        failureText = text
    }

    /**
     * Joins the transactions of callers that [transaction] finds: what is enqueued or cancelled in one is rolled back with it. Default: none;
     * then only the functions that take a connection join one.
     */
    public fun callerTransaction(transaction: CallerTransaction) {
        callerTransaction = transaction
    }

    /** Adds a listener. Listeners are notified in the order in which they were added. */
    public fun listener(listener: CallListener) {
        listeners += listener
    }

    /**
     * Carries the context of callers to the handlers by [carriers], and by listeners that are carriers; without any, only by those. Default:
     * all that are found in the process, see [ContextCarrier].
     */
    public fun carriers(vararg carriers: ContextCarrier) {
        this.carriers = carriers.toList()
    }

    /** Every worker does [chore] once a minute; what it throws is logged. */
    internal fun chore(chore: suspend (CallStore) -> Unit) {
        chores += chore
    }

    /** Draws jitter from [random]. Default: [Random.Default]. */
    public fun random(random: Random) {
        this.random = random
    }

    /** Draws jitter from [random], a generator of the JDK. */
    public fun random(random: RandomGenerator): Unit = random(GeneratorRandom(random))

    private fun build(): QueueSettings {
        require(pollInterval.isPositive()) { "pollInterval must be positive, but was $pollInterval" }
        require(attemptTimeout.isPositive()) { "attemptTimeout must be positive, but was $attemptTimeout" }
        require(!retention.isNegative()) { "retention must not be negative, but was $retention" }
        require(maxPayloadBytes >= 0) { "maxPayloadBytes must not be negative, but was $maxPayloadBytes" }
        require(maxCrashes in 2..CRASHES_KEPT) { "maxCrashes must be from 2 to $CRASHES_KEPT, but was $maxCrashes" }
        require(crashWindow.isPositive()) { "crashWindow must be positive, but was $crashWindow" }
        val unused = lanes.keys - handlers.values.map { it.lane }.toSet()
        require(unused.isEmpty()) { "no handler is in the lane '${unused.first()}'; set the lane of a handler to '${unused.first()}'" }
        val concurrency = lanes.mapValues { it.value.checked(it.key) }
        return QueueSettings(
            handlers,
            concurrency,
            policy,
            random,
            workerName,
            workerName != DEFAULT_NAME,
            pollInterval,
            retention,
            attemptTimeout,
            maxPayloadBytes,
            futureContext,
            leaseTimes,
            maxCrashes,
            crashWindow,
            Thread.currentThread().contextClassLoader,
            FailureRecorder(failureText),
            callerTransaction,
            listeners.toList(),
            pulse,
            chores.toList(),
            CarriedContext(carriers, listeners.toList()),
            applicationVersion?.let { requireKey("the application version", it) } ?: ApplicationVersion.ofProgram,
        )
    }

    public companion object {
        /** The lane of a handler for which none is set. */
        public const val DEFAULT_LANE: String = "default"

        /** The version of a handler for which none is set. */
        public const val DEFAULT_VERSION: Int = 1

        /** The concurrency of a handler that only its lane limits. */
        public const val UNLIMITED: Int = Int.MAX_VALUE

        private val DEFAULT_NAME = "pid ${ProcessHandle.current().pid()}"

        internal fun settings(block: RetryQueueBuilder.() -> Unit): QueueSettings = RetryQueueBuilder().apply(block).build()
    }
}
