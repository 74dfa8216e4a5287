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
public data class StoredCall(
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
    /** When its workers died: the last three instants. */
    public val crashedAt: List<Long> = emptyList(),
    /** The version of the handler that made the last attempt; null before the first. */
    public val handlerVersion: Int? = null,
    /** The result of the handler; null unless it succeeded. */
    public val response: Payload? = null,
    /** Its position among the calls with the same order key. */
    public val orderSeq: Long = 0,
) {
    /** The name of the handler. */
    public val handler: String get() = request.handler

    /** The 1-based number of the next attempt since it was enqueued or last replayed. */
    public val nextAttempt: Int get() = maxOf(counters.attempts - progress.attemptsBefore + 1, 1)

    /** True if its policy does not count the next attempt: the first of a call whose caller makes it. */
    internal val isUncounted: Boolean get() = counters.attempts < progress.attemptsBefore
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
}
