package dev.reprise.queue.spi

import dev.reprise.queue.model.Call
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.Payload
import java.time.Instant

/**
 * A durable call with everything that its store keeps. A snapshot: it does not change when the call continues. Users see a [Call].
 *
 * All instants are milliseconds since 1970-01-01 UTC on the clock of the store.
 */
public class StoredCall internal constructor(
    /** The correlation id. */
    public val cid: String,
    /** The call as it was enqueued. */
    public val request: NewCall,
    /** The state of the call. */
    public val state: CallState,
    /** Why it is dead; null in any other state. */
    public val deadReason: DeadReason? = null,
    /** When it was accepted. */
    public val enqueuedAt: Long,
    /** It is not claimed before this instant. */
    public val dueAt: Long,
    /** When it ended; null before that. */
    public val endedAt: Long? = null,
    /** What has happened to it so far. */
    public val counters: CallCounters = CallCounters(),
    /** The progress of its policy since it was enqueued or last replayed. */
    public val progress: PolicyProgress = PolicyProgress(),
    /** The current claim: set while it is running. */
    public val claim: Claim? = null,
    /** The fencing token: every claim increases it, so that the result of an older claim is detected. */
    public val token: Long = 0,
    /** True if its worker has to cancel it. */
    public val cancelRequested: Boolean = false,
    /** When its workers died: the last ten instants. */
    public val crashedAt: List<Long> = emptyList(),
    /** The version of the handler that made the last attempt; null before the first. */
    public val handlerVersion: Int? = null,
    /** The result of the handler; null unless it succeeded. */
    public val response: Payload? = null,
    /** Its position among the calls with the same order key. */
    public val orderSeq: Long = 0,
    /** True if its current claim has recorded the start of an attempt. */
    public val hasStarted: Boolean = false,
    /** When it is deleted; null if it has not ended, or is dead. */
    public val expiresAt: Long? = null,
    /** The class of its last failure; null if it never failed. */
    public val errorType: String? = null,
) {
    /** The name of the handler. */
    public val handler: String get() = request.handler

    /** The 1-based number of the next attempt since it was enqueued or last replayed. */
    public val nextAttempt: Int get() = maxOf(counters.attempts - progress.attemptsBefore + 1, 1)

    /** True if its policy does not count the next attempt: the first of a call whose caller makes it. */
    internal val isUncounted: Boolean get() = counters.attempts < progress.attemptsBefore

    /** The same call with other values, for implementations of a store. */
    public fun toBuilder(): Builder = Builder(this)

    internal fun copy(
        cid: String = this.cid,
        request: NewCall = this.request,
        state: CallState = this.state,
        deadReason: DeadReason? = this.deadReason,
        enqueuedAt: Long = this.enqueuedAt,
        dueAt: Long = this.dueAt,
        endedAt: Long? = this.endedAt,
        counters: CallCounters = this.counters,
        progress: PolicyProgress = this.progress,
        claim: Claim? = this.claim,
        token: Long = this.token,
        cancelRequested: Boolean = this.cancelRequested,
        crashedAt: List<Long> = this.crashedAt,
        handlerVersion: Int? = this.handlerVersion,
        response: Payload? = this.response,
        orderSeq: Long = this.orderSeq,
        hasStarted: Boolean = this.hasStarted,
        expiresAt: Long? = this.expiresAt,
        errorType: String? = this.errorType,
    ): StoredCall =
        StoredCall(
            cid,
            request,
            state,
            deadReason,
            enqueuedAt,
            dueAt,
            endedAt,
            counters,
            progress,
            claim,
            token,
            cancelRequested,
            crashedAt,
            handlerVersion,
            response,
            orderSeq,
            hasStarted,
            expiresAt,
            errorType,
        )

    private fun values(): List<Any?> =
        listOf(cid, request, state, deadReason, enqueuedAt, dueAt, endedAt, counters, progress) +
            listOf(claim, token, cancelRequested, crashedAt, handlerVersion, response, orderSeq, hasStarted, expiresAt, errorType)

    override fun equals(other: Any?): Boolean = other is StoredCall && values() == other.values()

    override fun hashCode(): Int = cid.hashCode()

    override fun toString(): String = "StoredCall($cid, $handler, $state, claim=$claim, $counters)"

    /** Collects the values of a [StoredCall]. */
    public class Builder internal constructor(
        call: StoredCall,
    ) {
        public var cid: String = call.cid
        public var request: NewCall = call.request
        public var state: CallState = call.state
        public var deadReason: DeadReason? = call.deadReason
        public var enqueuedAt: Long = call.enqueuedAt
        public var dueAt: Long = call.dueAt
        public var endedAt: Long? = call.endedAt
        public var counters: CallCounters = call.counters
        public var progress: PolicyProgress = call.progress
        public var claim: Claim? = call.claim
        public var token: Long = call.token
        public var cancelRequested: Boolean = call.cancelRequested
        public var crashedAt: List<Long> = call.crashedAt
        public var handlerVersion: Int? = call.handlerVersion
        public var response: Payload? = call.response
        public var orderSeq: Long = call.orderSeq
        public var hasStarted: Boolean = call.hasStarted
        public var expiresAt: Long? = call.expiresAt
        public var errorType: String? = call.errorType

        /** Returns the call. */
        public fun build(): StoredCall =
            StoredCall(
                cid,
                request,
                state,
                deadReason,
                enqueuedAt,
                dueAt,
                endedAt,
                counters,
                progress,
                claim,
                token,
                cancelRequested,
                crashedAt,
                handlerVersion,
                response,
                orderSeq,
                hasStarted,
                expiresAt,
                errorType,
            )
    }

    public companion object {
        /** A call in [state] that was accepted at [enqueuedAt] and is due then, for implementations of a store. */
        @JvmStatic
        public fun builder(
            request: NewCall,
            state: CallState,
            enqueuedAt: Long,
        ): Builder = Builder(StoredCall(request.cid, request, state, enqueuedAt = enqueuedAt, dueAt = enqueuedAt))
    }
}

/** The call as users see it. */
internal fun StoredCall.toCall(): Call {
    val stored = this
    return Call(
        Call.Builder(cid, handler).apply {
            state = stored.state
            deadReason = stored.deadReason
            attempts = counters.attempts
            failures = counters.failures
            claims = counters.claims
            crashes = counters.crashes
            snoozes = counters.snoozes
            handlerVersion = stored.handlerVersion
            enqueuedAt = Instant.ofEpochMilli(stored.enqueuedAt)
            dueAt = Instant.ofEpochMilli(stored.dueAt)
            endedAt = stored.endedAt?.let(Instant::ofEpochMilli)
            stored.request.copyTo(this)
            response = stored.response
            errorType = stored.errorType
        },
    )
}

private fun NewCall.copyTo(call: Call.Builder) {
    call.deadline = deadline?.let(Instant::ofEpochMilli)
    call.policy = policy
    call.priority = priority
    call.orderKey = orderKey
    call.uniqueKey = uniqueKey
    call.callbacks = callbacks
    call.context = context
    call.source = source
    call.origCid = origCid
    call.request = payload
    call.tags = tags
    call.title = title
    call.headers = headers
}
