package dev.reprise.queue.model

import java.time.Instant
import java.util.Objects
import java.util.function.Consumer

/**
 * A durable call, as its store holds it: a snapshot, which does not change when the call continues. All instants are on the clock of the
 * store.
 */
public class Call internal constructor(
    builder: Builder,
) {
    /** The correlation id: unguessable, sorted by the time of creation, safe in a URL. The same in every attempt. */
    public val cid: String = builder.cid

    /** The name of the handler. */
    public val handler: String = builder.handler

    /** The state of the call. */
    public val state: CallState = builder.state

    /** Why the call is dead; null in any other state. */
    public val deadReason: DeadReason? = builder.deadReason

    /** How many times the handler ran to an end, with or without success. Replays do not reset it. */
    public val attempts: Int = builder.attempts

    /** How many of the attempts failed. */
    public val failures: Int = builder.failures

    /** How many times a worker claimed the call. */
    public val claims: Int = builder.claims

    /** How many times the worker that had claimed the call died. */
    public val crashes: Int = builder.crashes

    /** How many times the handler snoozed the call, which is not an attempt. */
    public val snoozes: Int = builder.snoozes

    /** The version of the handler that made the last attempt; null before the first one. */
    public val handlerVersion: Int? = builder.handlerVersion

    /** When the call was accepted. */
    public val enqueuedAt: Instant = builder.enqueuedAt

    /** The call is not claimed before this instant. */
    public val dueAt: Instant = builder.dueAt

    /** When the call ended; null before that. */
    public val endedAt: Instant? = builder.endedAt

    /** No attempt starts at or after this instant; null if there is no deadline. */
    public val deadline: Instant? = builder.deadline

    /** The policy of the call, in its notation. */
    public val policy: String = builder.policy

    /** From 0 to 9; higher priorities are claimed first. */
    public val priority: Int = builder.priority

    /** Calls with the same key run one after the other; null if the call has no order. */
    public val orderKey: String? = builder.orderKey

    /** While this call has not ended, no other call with the same key is accepted; null if the call is not unique. */
    public val uniqueKey: String? = builder.uniqueKey

    /** The names of the handlers that receive the outcome. */
    public val callbacks: List<String> = builder.callbacks.toList()

    /** The text that the callbacks receive with the outcome; null if none was set. */
    public val context: String? = builder.context

    /** The handler that enqueued this call; null if no handler did. */
    public val source: String? = builder.source

    /** The correlation id of the call whose handler enqueued this one; null if no handler did. */
    public val origCid: String? = builder.origCid

    /** The request, as its codec wrote it. */
    public val request: Payload = builder.request

    /** The result of the handler, as its codec wrote it; null unless the call succeeded. */
    public val response: Payload? = builder.response

    /** The class of the last failure; null if the call never failed. */
    public val errorType: String? = builder.errorType

    /** The tags of the call, as they were set. */
    public val tags: List<String> = builder.tags.toList()

    /** What the call is about, in one line; null if neither the call nor its target said so. */
    public val title: String? = builder.title

    /** What programs passed along with the call, by name. */
    public val headers: Map<String, String> = builder.headers.toMap()

    /** True if it runs a durable workflow. */
    public val isWorkflow: Boolean get() = request.codec == WORKFLOW_INPUTS

    private fun values(): List<Any?> =
        listOf(cid, handler, state, deadReason, attempts, failures, claims, crashes, snoozes, handlerVersion, enqueuedAt, dueAt, endedAt) +
            listOf(deadline, policy, priority, orderKey, uniqueKey, callbacks, context, source, origCid, request, response) +
            listOf(errorType, tags, title, headers)

    override fun equals(other: Any?): Boolean = other is Call && values() == other.values()

    override fun hashCode(): Int = Objects.hash(cid, state, attempts, claims)

    override fun toString(): String = "Call($cid, $handler, $state${deadReason?.let { "($it)" } ?: ""})"

    /** Collects the properties of a [Call]; each has the value of a call that was just enqueued until it is set. */
    public class Builder internal constructor(
        internal val cid: String,
        internal val handler: String,
    ) {
        public var state: CallState = CallState.READY
        public var deadReason: DeadReason? = null
        public var attempts: Int = 0
        public var failures: Int = 0
        public var claims: Int = 0
        public var crashes: Int = 0
        public var snoozes: Int = 0
        public var handlerVersion: Int? = null
        public var enqueuedAt: Instant = Instant.EPOCH
        public var dueAt: Instant = Instant.EPOCH
        public var endedAt: Instant? = null
        public var deadline: Instant? = null
        public var policy: String = "every(1m) maxAttempts(1)"
        public var priority: Int = DEFAULT_PRIORITY
        public var orderKey: String? = null
        public var uniqueKey: String? = null
        public var callbacks: List<String> = emptyList()
        public var context: String? = null
        public var source: String? = null
        public var origCid: String? = null
        public var request: Payload = Payload(ByteArray(0), "none")
        public var response: Payload? = null
        public var errorType: String? = null
        public var tags: List<String> = emptyList()
        public var title: String? = null
        public var headers: Map<String, String> = emptyMap()
    }

    public companion object {
        /** The priority of a call for which none is set. */
        public const val DEFAULT_PRIORITY: Int = 5

        /** A call for tests of code that receives calls: `Call.of("cid-1", charge) { state = CallState.DEAD }`. */
        @JvmSynthetic
        public fun of(
            cid: String,
            target: Target<*, *>,
            block: Builder.() -> Unit = {},
        ): Call = Call(Builder(cid, target.name).apply(block))

        /** A call for tests, the Java form: `Call.of("cid-1", charge, c -> c.setState(CallState.DEAD))`. */
        @JvmStatic
        public fun of(
            cid: String,
            target: Target<*, *>,
            block: Consumer<in Builder>,
        ): Call = Call(Builder(cid, target.name).apply(block::accept))
    }
}
