package dev.reprise.queue

import dev.reprise.RetryPolicies
import dev.reprise.RetryPolicy
import dev.reprise.RetryPolicyBuilder
import dev.reprise.internal.queue.HandlerRegistration
import dev.reprise.internal.queue.HandlerSource
import dev.reprise.internal.queue.PolicyCache
import dev.reprise.internal.queue.QueueSettings
import dev.reprise.internal.queue.fixed
import dev.reprise.policy.RetryDsl
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.CallOutcome
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.requireKey
import dev.reprise.queue.model.target
import dev.reprise.retryPolicy
import java.util.concurrent.ConcurrentHashMap
import kotlin.random.Random
import kotlin.time.Duration
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

/** Says what a [RetryQueue] handles, and how. */
@RetryDsl
public class RetryQueueBuilder internal constructor() {
    private val handlers = ConcurrentHashMap<String, HandlerRegistration<*, *>>()
    private val lanes = LinkedHashMap<String, LaneBuilder>()
    private var policy: RetryPolicy = RetryPolicies.durableDefault()
    private var random: Random = Random.Default

    /** The name under which this worker is seen in [RetryQueue.why]. Default: the id of the process. */
    public var workerName: String = "pid ${ProcessHandle.current().pid()}"

    /** How often a store that others may change is asked for due calls. Default: 1 s. */
    public var pollInterval: Duration = 1.seconds

    /**
     * How long a call that succeeded or was cancelled is kept. Dead calls are kept until they are replayed or discarded. Default: 3 days.
     */
    public var retention: Duration = 3.days

    /** Cuts an attempt whose policy has no `attemptTimeout`. Default: 15 minutes; infinite for no cut. */
    public var attemptTimeout: Duration = 15.minutes

    /** The largest request or response, in bytes. Default: 1 MiB. */
    public var maxPayloadBytes: Int = 1 shl 20

    /**
     * Handles the calls to [target] with [handler], in the lane [lane].
     *
     * An attempt is made as often as it takes, so [handler] has to bear being called again for a call that it worked on before;
     * `call.cid` is the same every time. At most [concurrency] of its calls are run at a time in this process (default: what the lane
     * allows). [version] is written down with every attempt.
     *
     * @throws IllegalArgumentException if a handler of that name is registered already, or [concurrency] is below 1.
     */
    public fun <Q, R> handle(
        target: Target<Q, R>,
        lane: String = DEFAULT_LANE,
        version: Int = 1,
        concurrency: Int = Int.MAX_VALUE,
        handler: suspend CallContext.(Q) -> R,
    ) {
        register(target, lane, concurrency, fixed(version, handler))
    }

    /**
     * Handles the calls to [target] with the code that [source] finds on the disk when an attempt begins; the rest is as with code that is
     * given here.
     *
     * @throws IllegalArgumentException if a handler of that name is registered already, or [concurrency] is below 1.
     */
    public fun <Q, R> handle(
        target: Target<Q, R>,
        source: ReloadingHandler<Q, R>,
        lane: String = DEFAULT_LANE,
        concurrency: Int = Int.MAX_VALUE,
    ) {
        register(target, lane, concurrency, source.source)
    }

    private fun <Q, R> register(
        target: Target<Q, R>,
        lane: String,
        concurrency: Int,
        source: HandlerSource<Q, R>,
    ) {
        require(concurrency >= 1) { "concurrency of '${target.name}' must be positive, but was $concurrency" }
        requireKey("the name of a lane", lane)
        val before = handlers.putIfAbsent(target.name, HandlerRegistration(target, lane, concurrency, source))
        require(before == null) { "'${target.name}' is handled twice; replaceHandler swaps a handler of a running queue" }
    }

    /** Handles the outcomes of calls that name [name] as their callback. */
    public fun callback(
        name: String,
        lane: String = DEFAULT_LANE,
        handler: suspend CallContext.(CallOutcome) -> Unit,
    ) {
        handle(Target(name, PayloadCodec.Outcome, PayloadCodec.None), lane, handler = handler)
    }

    /** Sets up the lane [name]. Lanes that are not set up have the defaults. */
    public fun lane(
        name: String,
        block: LaneBuilder.() -> Unit,
    ) {
        lanes.getOrPut(name) { LaneBuilder() }.apply(block)
    }

    /**
     * Retries calls for which nothing else is said by [policy]. Default: [RetryPolicies.durableDefault].
     *
     * @throws IllegalStateException if it holds code, which no store can keep.
     * @throws IllegalArgumentException if it was told in a `retry { }` that only a stop or a budget ends.
     */
    public fun policy(policy: RetryPolicy) {
        PolicyCache.write(policy)
        this.policy = policy
    }

    /** Retries calls for which nothing else is said by the policy that is told here. */
    public fun policy(settings: RetryPolicyBuilder.() -> RetryPolicyBuilder): Unit = policy(retryPolicy(settings))

    /** Draws jitter from [random]. Default: [Random.Default]. */
    public fun random(random: Random) {
        this.random = random
    }

    internal fun build(): QueueSettings {
        require(pollInterval.isPositive()) { "pollInterval must be positive, but was $pollInterval" }
        require(attemptTimeout.isPositive()) { "attemptTimeout must be positive, but was $attemptTimeout" }
        require(!retention.isNegative()) { "retention must not be negative, but was $retention" }
        require(maxPayloadBytes >= 0) { "maxPayloadBytes must not be negative, but was $maxPayloadBytes" }
        val unused = lanes.keys - handlers.values.map { it.lane }.toSet()
        require(unused.isEmpty()) { "no handler is in the lane ${unused.first()}; say handle(target, lane = \"${unused.first()}\")" }
        val concurrency = lanes.mapValues { it.value.checked(it.key) }
        return QueueSettings(
            handlers,
            concurrency,
            policy,
            random,
            workerName,
            pollInterval,
            retention,
            attemptTimeout,
            maxPayloadBytes,
        )
    }

    public companion object {
        /** The lane of a handler for which none is given. */
        public const val DEFAULT_LANE: String = "default"
    }
}
