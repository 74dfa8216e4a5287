package dev.reprise.queue.operate

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import java.time.Instant

/** A call in a list: all but its payloads, of which it has the sizes. */
public class CallSummary internal constructor(
    builder: Builder,
) {
    /** The correlation id. */
    public val cid: String = builder.cid

    /** The name of the handler. */
    public val handler: String = builder.handler

    /** The state. */
    public val state: CallState = builder.state

    /** Why it is dead; null in any other state. */
    public val deadReason: DeadReason? = builder.deadReason

    /** What it is about; null if neither the call nor its target said so. */
    public val title: String? = builder.title

    /** Its tags. */
    public val tags: List<String> = builder.tags

    /** How many attempts ended. */
    public val attempts: Int = builder.attempts

    /** How many of them failed. */
    public val failures: Int = builder.failures

    /** How many times its worker died. */
    public val crashes: Int = builder.crashes

    /** The class of its last failure; null if it never failed. */
    public val errorType: String? = builder.errorType

    /** The version of the handler that made the last attempt; null before the first. */
    public val handlerVersion: Int? = builder.handlerVersion

    /** When it was accepted. */
    public val enqueuedAt: Instant = builder.enqueuedAt

    /** It is, or was last, due at this instant. */
    public val dueAt: Instant = builder.dueAt

    /** When it ended; null before that. */
    public val endedAt: Instant? = builder.endedAt

    /** No attempt starts at or after this instant; null if it has no deadline. */
    public val deadline: Instant? = builder.deadline

    /** Its policy, in its notation. */
    public val policy: String = builder.policy

    /** From 0 to 9; higher ones are claimed first. */
    public val priority: Int = builder.priority

    /** Its order key; null if it has none. */
    public val orderKey: String? = builder.orderKey

    /** Its unique key; null if it has none. */
    public val uniqueKey: String? = builder.uniqueKey

    /** The id of the call whose handler enqueued it; null if no handler did. */
    public val origCid: String? = builder.origCid

    /** The nonce of the worker that runs it; null if it is not running. */
    public val worker: String? = builder.worker

    /** The size of its request, in bytes. */
    public val requestBytes: Int = builder.requestBytes

    /** The size of its response, in bytes; null if it has none. */
    public val responseBytes: Int? = builder.responseBytes

    override fun toString(): String = "CallSummary($cid, $handler, $state${deadReason?.let { "($it)" } ?: ""})"

    /** Collects the properties of a [CallSummary]. */
    public class Builder internal constructor(
        internal val cid: String,
        internal val handler: String,
        internal val state: CallState,
    ) {
        public var deadReason: DeadReason? = null
        public var title: String? = null
        public var tags: List<String> = emptyList()
        public var attempts: Int = 0
        public var failures: Int = 0
        public var crashes: Int = 0
        public var errorType: String? = null
        public var handlerVersion: Int? = null
        public var enqueuedAt: Instant = Instant.EPOCH
        public var dueAt: Instant = Instant.EPOCH
        public var endedAt: Instant? = null
        public var deadline: Instant? = null
        public var policy: String = ""
        public var priority: Int = 0
        public var orderKey: String? = null
        public var uniqueKey: String? = null
        public var origCid: String? = null
        public var worker: String? = null
        public var requestBytes: Int = 0
        public var responseBytes: Int? = null

        /** Returns the summary. */
        public fun build(): CallSummary = CallSummary(this)
    }

    public companion object {
        /** A summary, for implementations of a store and for tests. */
        @JvmStatic
        public fun builder(
            cid: String,
            handler: String,
            state: CallState,
        ): Builder = Builder(cid, handler, state)
    }
}
