package dev.reprise.queue.spi

import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.Payload

/** How one claim ended. */
public class Settlement(
    /** The call as it was claimed. */
    public val call: StoredCall,
    /** Its new state. */
    public val to: CallState,
    /** What the claim counts as. */
    public val result: AttemptResult,
    /** The delay until it is due again, if its new state is [CallState.READY]. */
    public val delayMillis: Long = 0,
    /** Why it is dead, if it is. */
    public val deadReason: DeadReason? = null,
    /** The state of its policy. */
    public val policyState: String? = null,
    /** What the handler returned. */
    public val response: Payload? = null,
    /** The failure of the attempt. */
    public val error: AttemptError? = null,
    /** The calls that are enqueued if this is accepted. */
    public val callbacks: List<NewCall> = emptyList(),
    /** The version of the handler, if it was called. */
    public val handlerVersion: Int? = null,
    /** How long the call is kept after its end, in milliseconds, unless it is dead. */
    public val retainMillis: Long = EndRules.DEFAULT_RETAIN_MILLIS,
    /** False if the request is not kept when the call succeeds. */
    public val keepsPayload: Boolean = true,
    /** False if the call is counted but not kept when it succeeds. */
    public val keepsSucceeded: Boolean = true,
) {
    init {
        CallTransitions.require(CallState.RUNNING, to)
        require(
            (to == CallState.DEAD) == (deadReason != null),
        ) { "deadReason must be set for DEAD and only for DEAD, but is $deadReason for $to" }
        requireNotNull(call.claim) { "call ${call.cid} was not claimed, so it cannot be settled" }
    }

    internal fun copy(
        call: StoredCall = this.call,
        callbacks: List<NewCall> = this.callbacks,
        retainMillis: Long = this.retainMillis,
        keepsPayload: Boolean = this.keepsPayload,
        keepsSucceeded: Boolean = this.keepsSucceeded,
    ): Settlement =
        Settlement(
            call,
            to,
            result,
            delayMillis,
            deadReason,
            policyState,
            response,
            error,
            callbacks,
            handlerVersion,
            retainMillis,
            keepsPayload,
            keepsSucceeded,
        )

    /** True if the request is deleted with this end. */
    internal val dropsPayload: Boolean get() = !keepsPayload && to == CallState.SUCCEEDED

    /** True if the call is deleted with this end. */
    internal val dropsCall: Boolean get() = !keepsSucceeded && to == CallState.SUCCEEDED

    /** True if a worker can have something to do after this is accepted. */
    internal val givesWork: Boolean get() = to == CallState.READY || call.request.orderKey != null || callbacks.isNotEmpty()

    /** The time of a policy starts with the claim of its first attempt that ends, and stands still while the call is snoozed. */
    private fun runStartedAt(): Long? {
        val started = call.progress.startedAt
        if (to.isEnd || started == null) return started
        val hasBegun = call.copy(counters = call.counters.plus(result)).nextAttempt > 1
        return if (hasBegun) started + (if (result == AttemptResult.SNOOZED) delayMillis else 0) else null
    }

    /** True if the call keeps its due time, because no attempt ended: it is claimed before what became due later. */
    internal val keepsPlace: Boolean
        get() = delayMillis == 0L && (result == AttemptResult.RELEASED || result == AttemptResult.CRASHED)

    /** The call after this is accepted, at [now]. */
    internal fun applied(now: Long): StoredCall =
        call.copy(
            request = if (dropsPayload) call.request.withoutPayload() else call.request,
            state = to,
            deadReason = deadReason,
            dueAt = if (to.isEnd || keepsPlace) call.dueAt else call.request.dueNoLaterThanDeadline(now + delayMillis),
            endedAt = if (to.isEnd) now else null,
            expiresAt = if (to.isEnd && to != CallState.DEAD) now + retainMillis else null,
            counters = call.counters.plus(result),
            progress = call.progress.copy(startedAt = runStartedAt(), policyState = policyState),
            claim = null,
            hasStarted = false,
            crashedAt = if (result == AttemptResult.CRASHED) (call.crashedAt + now).takeLast(CRASHES_KEPT) else call.crashedAt,
            handlerVersion = handlerVersion ?: call.handlerVersion,
            response = response,
            errorType = error?.type ?: call.errorType,
        )
}

private fun NewCall.withoutPayload() = copy(payload = Payload(ByteArray(0), payload.codec, payload.version))

/** A call that cannot be attempted before its deadline is due at the deadline, so that it ends then and not later. */
internal fun NewCall.dueNoLaterThanDeadline(due: Long): Long = if (deadline == null) due else minOf(due, deadline)

internal const val CRASHES_KEPT = 10
