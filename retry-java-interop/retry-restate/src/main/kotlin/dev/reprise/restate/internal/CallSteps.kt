package dev.reprise.restate.internal

import dev.reprise.queue.HostedCalls
import dev.reprise.queue.model.CallState
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall

/**
 * The decisions about a call. A policy, the registered handlers, the time and chance have a part in them, so each is made once and recorded
 * in the journal.
 *
 * @param retentionMillis how long a call is kept after its end, unless it is dead.
 * @param clock milliseconds since 1970-01-01 UTC.
 */
internal class CallSteps(
    private val hosted: HostedCalls,
    private val retentionMillis: Long,
    private val clock: () -> Long,
) {
    fun now(): Long = clock()

    /** It is accepted. */
    fun accept(record: CallRecord): Step {
        val now = clock()
        val call = hosted.accepted(record.toNewCall(), now, isHeld = record.orderKey != null)
        return step(KeptCall(), call, now, emptyList(), record.firstFailure?.at(now))
    }

    /** It is looked at, because it can be due. */
    fun due(
        kept: KeptCall,
        errors: List<ErrorRecord>,
    ): Step = step(kept, kept.call.toStoredCall(), clock(), errors)

    /** It is its turn in its order. */
    fun turn(
        kept: KeptCall,
        errors: List<ErrorRecord>,
    ): Step {
        val call =
            kept.call
                .toStoredCall()
                .toBuilder()
                .apply { state = CallState.READY }
        return step(kept, call.build(), clock(), errors)
    }

    /** Its attempt has ended. */
    fun settled(
        kept: KeptCall,
        end: EndRecord,
        errors: List<ErrorRecord>,
    ): Step {
        val now = clock()
        val call = kept.call.toStoredCall()
        val settlement = settlement(call, end, now)
        // The handler failed after it was cancelled: cancelled it is.
        if (kept.cancelRequested && settlement.to == CallState.READY) return step(kept, cancelled(call, now), now, errors)
        return step(kept, hosted.applied(settlement, now), now, errors, settlement.error?.toRecord()?.at(now))
    }

    private fun settlement(
        call: StoredCall,
        end: EndRecord,
        now: Long,
    ): Settlement {
        val record = end.settlement ?: return hosted.crashed(call.toBuilder().apply { hasStarted = true }.build(), now)
        val settlement = record.toSettlement(call)
        val failure = end.failure ?: return settlement
        val error = checkNotNull(settlement.error) { "the failure of an attempt has a record" }
        return hosted.failed(call, failure.toDescription(), error, now)
    }

    /** It is cancelled. */
    fun cancel(
        kept: KeptCall,
        errors: List<ErrorRecord>,
    ): Step {
        val now = clock()
        return step(kept, cancelled(kept.call.toStoredCall(), now), now, errors)
    }

    private fun cancelled(
        call: StoredCall,
        now: Long,
    ): StoredCall =
        call
            .toBuilder()
            .apply {
                state = CallState.CANCELLED
                endedAt = now
                claim = null
            }.build()

    /** It is due at [at] in place of when it was, or at its deadline if that is earlier; now at the latest if [at] is 0. */
    fun reschedule(
        kept: KeptCall,
        at: Long,
        errors: List<ErrorRecord>,
    ): Step {
        val now = clock()
        val call = kept.call.toStoredCall().toBuilder()
        val due = if (at == 0L) minOf(call.dueAt, now) else at
        call.dueAt = minOf(due, call.request.deadline ?: due)
        return step(kept, call.build(), now, errors)
    }

    /** It is dead and replayed. */
    fun restart(
        kept: KeptCall,
        errors: List<ErrorRecord>,
    ): Step {
        val now = clock()
        return step(kept, hosted.replayed(kept.call.toStoredCall(), now, isHeld = kept.call.orderKey != null), now, errors)
    }

    /** What follows from the [state] of a call: an attempt if it is due, callbacks if it has ended. */
    private fun step(
        before: KeptCall,
        state: StoredCall,
        now: Long,
        errors: List<ErrorRecord>,
        error: ErrorRecord? = null,
    ): Step {
        val call = expiring(claimed(state, now))
        return Step().apply {
            this.now = now
            this.error = error
            kept.call = call.toRecord()
            kept.wakes = before.wakes + 1
            if (call.state.isEnd) callbacks = callbacks(call, errors + listOfNotNull(error))
        }
    }

    private fun claimed(
        call: StoredCall,
        now: Long,
    ): StoredCall {
        if (call.state != CallState.READY || call.dueAt > now) return call
        // Another process may have the handler.
        if (hosted.problem(call) != null) return call.toBuilder().apply { dueAt = now + PROBLEM_PAUSE }.build()
        val claimed = hosted.claimed(call, OWNER, now)
        return hosted.endBefore(claimed, now)?.let { hosted.applied(it, now) } ?: claimed
    }

    private fun expiring(call: StoredCall): StoredCall {
        val endedAt = call.endedAt
        if (endedAt == null || call.state == CallState.DEAD) return call
        return call.toBuilder().apply { expiresAt = endedAt + retentionMillis }.build()
    }

    /** They are accepted once because the journal sends them once. */
    private fun callbacks(
        call: StoredCall,
        errors: List<ErrorRecord>,
    ): List<CallRecord> = hosted.callbacks(call, errors.map { it.toError() }).map { it.toRecord().apply { uniqueKey = null } }

    private companion object {
        const val PROBLEM_PAUSE = 5_000L
    }
}
