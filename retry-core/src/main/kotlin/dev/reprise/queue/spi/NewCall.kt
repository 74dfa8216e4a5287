package dev.reprise.queue.spi

import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.Call
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.model.Payload
import dev.reprise.queue.model.WORKFLOW_INPUTS
import kotlin.time.Duration

/** A call before a store has accepted it. */
public class NewCall internal constructor(
    /** The correlation id it will have. */
    public val cid: String,
    /** The name of the handler. */
    public val handler: String,
    /** The request. */
    public val payload: Payload,
    /** The notation of its policy. */
    public val policy: String,
    /** From 0 to 9; higher ones are claimed first. */
    public val priority: Int = Call.DEFAULT_PRIORITY,
    /** How long after it was accepted it is due, in milliseconds. */
    public val delayMillis: Long = 0,
    /** No attempt starts at or after this instant (epoch milliseconds); null: no deadline. */
    public val deadline: Long? = null,
    /** Calls with the same key run one after the other, in the order of their acceptance; null: no order. */
    public val orderKey: String? = null,
    /** What happens to the calls behind this one in its order when it dies. */
    public val onDeadPredecessor: OnDeadPredecessor = OnDeadPredecessor.BLOCK,
    /** While a call with the same key has not ended, no other is accepted; null: not unique. */
    public val uniqueKey: String? = null,
    /** True if the unique key belongs to the call [origCid]: it stays taken as long as that call is known. */
    public val keepUniqueKey: Boolean = false,
    /** How long the unique key stays taken after the end of the call, in milliseconds, whatever happens to the call. Default: 0. */
    public val uniqueForMillis: Long = 0,
    /** The handlers that receive the outcome, each by a separate call. */
    public val callbacks: List<String> = emptyList(),
    /** A text that the callbacks receive with the outcome. */
    public val context: String? = null,
    /** The handler that enqueued this call; null if no handler did. */
    public val source: String? = null,
    /** The correlation id of the call whose handler enqueued this one; null if no handler did. */
    public val origCid: String? = null,
    /** The nonce of the worker that claims the call as it is enqueued; null: any worker, when it is due. */
    public val claimedBy: String? = null,
    /**
     * The lane in which [claimedBy] claims the call, unless that is paused. Null: the caller makes the first attempt, and the policy does
     * not count it.
     */
    public val claimedIn: String? = null,
    /** An attempt that was made, and failed, before the call was stored; null if none. */
    public val firstFailure: AttemptError? = null,
    /** Names by which people find the call; at most ten. */
    public val tags: List<String> = emptyList(),
    /** One line that says what the call is about; null if none was set. */
    public val title: String? = null,
    /** What programs pass along with the call, by name. */
    public val headers: Map<String, String> = emptyMap(),
) {
    /** True if it runs a durable workflow. */
    internal val isWorkflow: Boolean get() = payload.codec == WORKFLOW_INPUTS

    /** The same call with other values, for implementations of a store. */
    public fun toBuilder(): Builder = Builder(this)

    internal fun copy(
        cid: String = this.cid,
        handler: String = this.handler,
        payload: Payload = this.payload,
        policy: String = this.policy,
        priority: Int = this.priority,
        delayMillis: Long = this.delayMillis,
        deadline: Long? = this.deadline,
        orderKey: String? = this.orderKey,
        onDeadPredecessor: OnDeadPredecessor = this.onDeadPredecessor,
        uniqueKey: String? = this.uniqueKey,
        keepUniqueKey: Boolean = this.keepUniqueKey,
        uniqueForMillis: Long = this.uniqueForMillis,
        callbacks: List<String> = this.callbacks,
        context: String? = this.context,
        source: String? = this.source,
        origCid: String? = this.origCid,
        claimedBy: String? = this.claimedBy,
        claimedIn: String? = this.claimedIn,
        firstFailure: AttemptError? = this.firstFailure,
        tags: List<String> = this.tags,
        title: String? = this.title,
        headers: Map<String, String> = this.headers,
    ): NewCall =
        NewCall(
            cid,
            handler,
            payload,
            policy,
            priority,
            delayMillis,
            deadline,
            orderKey,
            onDeadPredecessor,
            uniqueKey,
            keepUniqueKey,
            uniqueForMillis,
            callbacks,
            context,
            source,
            origCid,
            claimedBy,
            claimedIn,
            firstFailure,
            tags,
            title,
            headers,
        )

    private fun values(): List<Any?> =
        listOf(cid, handler, payload, policy, priority, delayMillis, deadline) +
            listOf(orderKey, onDeadPredecessor, uniqueKey, keepUniqueKey, uniqueForMillis, callbacks, context) +
            listOf(source, origCid, claimedBy, claimedIn, firstFailure, tags, title, headers)

    override fun equals(other: Any?): Boolean = other is NewCall && values() == other.values()

    override fun hashCode(): Int = cid.hashCode()

    override fun toString(): String = "NewCall($cid, $handler)"

    /** Collects the values of a [NewCall]. */
    public class Builder internal constructor(
        call: NewCall,
    ) {
        public var cid: String = call.cid
        public var handler: String = call.handler
        public var payload: Payload = call.payload
        public var policy: String = call.policy
        public var priority: Int = call.priority
        public var delayMillis: Long = call.delayMillis
        public var deadline: Long? = call.deadline
        public var orderKey: String? = call.orderKey
        public var onDeadPredecessor: OnDeadPredecessor = call.onDeadPredecessor
        public var uniqueKey: String? = call.uniqueKey
        public var keepUniqueKey: Boolean = call.keepUniqueKey
        public var uniqueForMillis: Long = call.uniqueForMillis
        public var callbacks: List<String> = call.callbacks
        public var context: String? = call.context
        public var source: String? = call.source
        public var origCid: String? = call.origCid
        public var claimedBy: String? = call.claimedBy
        public var claimedIn: String? = call.claimedIn
        public var firstFailure: AttemptError? = call.firstFailure
        public var tags: List<String> = call.tags
        public var title: String? = call.title
        public var headers: Map<String, String> = call.headers

        /** Returns the call. */
        public fun build(): NewCall =
            NewCall(
                cid,
                handler,
                payload,
                policy,
                priority,
                delayMillis,
                deadline,
                orderKey,
                onDeadPredecessor,
                uniqueKey,
                keepUniqueKey,
                uniqueForMillis,
                callbacks,
                context,
                source,
                origCid,
                claimedBy,
                claimedIn,
                firstFailure,
                tags,
                title,
                headers,
            )
    }

    public companion object {
        /** The priorities there are. */
        internal val PRIORITIES = 0..9

        /** A call with default values, for implementations of a store and their tests. */
        @JvmStatic
        public fun builder(
            cid: String,
            handler: String,
            payload: Payload,
            policy: String,
        ): Builder = Builder(NewCall(cid, handler, payload, policy))
    }
}

/** The longest delay, 146 years: a sum of it and the present does not overflow. */
internal const val LONGEST_DELAY_MILLIS: Long = Long.MAX_VALUE / 2 / NANOS_PER_MILLI

internal fun Duration.toDelayMillis(): Long = minOf(inWholeMilliseconds, LONGEST_DELAY_MILLIS)
