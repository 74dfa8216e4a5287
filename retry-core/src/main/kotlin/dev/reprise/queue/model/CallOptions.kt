package dev.reprise.queue.model

import dev.reprise.RetryPolicies
import dev.reprise.RetryPolicy
import dev.reprise.RetryPolicyBuilder
import dev.reprise.internal.queue.CorrelationIds
import dev.reprise.internal.queue.CurrentCall
import dev.reprise.internal.queue.PRIORITIES
import dev.reprise.internal.queue.PolicyCache
import dev.reprise.internal.queue.QueueSettings
import dev.reprise.policy.RetryDsl
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.toDelayMillis
import dev.reprise.retryPolicy
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.Duration.Companion.nanoseconds

/** Says how one call is to be made; everything has a default. */
@RetryDsl
public class CallOptions internal constructor(
    private val queue: QueueSettings,
) {
    private val callbacks = ArrayList<String>()
    private var policy: RetryPolicy = queue.policy
    private var keepUniqueKey = false

    /** Calls with the same key run one after the other, in the order of their acceptance. Default: none. */
    public var orderKey: String? = null

    /** What the death of this call means for those behind it. Default: [OnDeadPredecessor.Block]. */
    public var onDeadHead: OnDeadPredecessor = OnDeadPredecessor.Block

    /** While a call with the same key has not ended, no other is accepted: the handle is that of the first. Default: none. */
    public var uniqueKey: String? = null

    /** From 0 to 9; higher ones are claimed first. Default: 5. */
    public var priority: Int = NewCall.DEFAULT_PRIORITY

    /** How long to wait before the first attempt; the `initialDelay` of the policy comes behind it. Default: zero. */
    public var delay: Duration = Duration.ZERO

    /** No attempt starts at or after this instant, and one that is running then is cut. Default: none. */
    public var deadline: Instant? = null

    /**
     * Retries by [policy] in the place of the queue's.
     *
     * @throws IllegalStateException when the call is enqueued, if it holds code.
     * @throws IllegalArgumentException when the call is enqueued, if it was told in a `retry { }` that only a stop or a budget ends.
     */
    public fun policy(policy: RetryPolicy) {
        this.policy = policy
    }

    /** Retries by the policy that is told here, in the place of the queue's. */
    public fun policy(settings: RetryPolicyBuilder.() -> RetryPolicyBuilder) {
        policy = retryPolicy(settings)
    }

    /**
     * Retries as Zato does: [repeats] calls in all, with [seconds] or [minutes] between them.
     *
     * @throws IllegalArgumentException if both or neither of the two is given, or a number is not positive.
     */
    public fun retry(
        repeats: Int,
        seconds: Int? = null,
        minutes: Int? = null,
    ) {
        policy = RetryPolicies.zato(repeats, seconds, minutes)
    }

    /**
     * Tells the handler [name], by a call of its own, how the call ended.
     *
     * @throws UnknownHandlerException if it is not registered here; then say the target.
     * @throws InvalidCallException if it is one that does not take an outcome.
     */
    public fun callback(name: String) {
        val target = queue.registration(name).target
        val takes = target.request.name
        if (takes != PayloadCodec.Outcome.name) {
            throw InvalidCallException("'$name' takes '$takes' and not the outcome of a call; register it by callback(\"$name\") { … }")
        }
        callbacks += name
    }

    /** Tells the handler of [target] how the call ended; it may be registered in another process. */
    public fun callback(target: Target<CallOutcome, *>) {
        callbacks += target.name
    }

    /** Given to the callbacks as it is. Default: null. */
    public var context: String? = null

    /** A unique key that outlives the call. */
    internal fun once(key: String) {
        uniqueKey = key
        keepUniqueKey = true
    }

    internal fun build(
        target: Target<*, *>,
        payload: Payload,
        caller: CurrentCall?,
    ): NewCall {
        if (priority !in PRIORITIES) throw InvalidCallException("priority must be from 0 to 9, but was $priority")
        if (delay.isNegative()) throw InvalidCallException("delay must not be negative, but was $delay")
        queue.requireSize(payload, target.name)
        return NewCall(
            cid = CorrelationIds.next(),
            handler = target.name,
            payload = payload,
            policy = PolicyCache.write(policy),
            priority = priority,
            delayMillis = (delay + policy.logic.initialDelayNanos.nanoseconds).toDelayMillis(),
            deadline = deadline?.let { deadlineOf(it, target) },
            orderKey = orderKey?.let { requireKey("orderKey", it) },
            onDeadHead = onDeadHead,
            uniqueKey = uniqueKey?.let { requireKey("uniqueKey", it) },
            keepUniqueKey = keepUniqueKey,
            callbacks = callbacks.toList(),
            context = context?.let { requireText("context", it) },
            source = caller?.handler,
            origCid = caller?.cid,
        )
    }

    /** In epoch milliseconds; null for an instant that is too far away to be told in them. */
    private fun deadlineOf(
        instant: Instant,
        target: Target<*, *>,
    ): Long? =
        try {
            instant.toEpochMilli()
        } catch (e: ArithmeticException) {
            if (instant < Instant.EPOCH) throw DeadlinePassedException(target.name, instant) else null
        }
}
