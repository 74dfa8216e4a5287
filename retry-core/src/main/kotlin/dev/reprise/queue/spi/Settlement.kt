package dev.reprise.queue.spi

import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.Payload

/** How one claim ended. */
public class Settlement(
    /** The call as it was claimed. */
    public val call: StoredCall,
    /** Where it goes. */
    public val to: CallState,
    /** What it counts for. */
    public val result: AttemptResult,
    /** When it is due again, from now, if it goes to [CallState.READY]. */
    public val delayMillis: Long = 0,
    /** Why it is dead, if it is. */
    public val deadReason: DeadReason? = null,
    /** What its policy remembers. */
    public val memory: String? = null,
    /** What the handler returned. */
    public val response: Payload? = null,
    /** What went wrong. */
    public val error: AttemptError? = null,
    /** The calls that are enqueued if this is accepted. */
    public val callbacks: List<NewCall> = emptyList(),
    /** The version of the handler, if it was called. */
    public val handlerVersion: Int? = null,
) {
    init {
        CallTransitions.require(CallState.RUNNING, to)
        require(
            (to == CallState.DEAD) == (deadReason != null),
        ) { "a dead call has a reason and no other has, but $to came with $deadReason" }
        requireNotNull(call.claim) { "call ${call.cid} was not claimed, so it cannot be settled" }
    }

    /** True if somebody may have something to do once this is accepted. */
    internal val givesWork: Boolean get() = to == CallState.READY || call.order.orderKey != null || callbacks.isNotEmpty()

    /** A run begins with the claim for its first attempt that ends; while the call is snoozed, the time of its policy stands still. */
    private fun runStartedAt(): Long? {
        val started = call.run.startedAt
        if (to.isEnd || started == null) return started
        val hasBegun = call.copy(counters = call.counters.plus(result)).nextAttempt > 1
        return if (hasBegun) started + (if (result == AttemptResult.SNOOZED) delayMillis else 0) else null
    }

    /** The call as the store has it once this is accepted, at the instant [now]. */
    internal fun applied(now: Long): StoredCall =
        call.copy(
            state = to,
            deadReason = deadReason,
            dueAt = if (to == CallState.READY) call.order.dueNoLaterThanDeadline(now + delayMillis) else call.dueAt,
            endedAt = if (to.isEnd) now else null,
            counters = call.counters.plus(result),
            run = call.run.copy(startedAt = runStartedAt(), memory = memory),
            claim = null,
            crashedAt = if (result == AttemptResult.CRASHED) (call.crashedAt + now).takeLast(CRASHES_KEPT) else call.crashedAt,
            handlerVersion = handlerVersion ?: call.handlerVersion,
            response = response,
        )
}

/** A call that will not be tried before its deadline is due at the deadline, so that it is ended then and not later. */
internal fun NewCall.dueNoLaterThanDeadline(due: Long): Long = if (deadline == null) due else minOf(due, deadline)

internal const val CRASHES_KEPT = 3
