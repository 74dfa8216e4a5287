package dev.reprise.internal.queue.events

import dev.reprise.queue.event.AttemptOutcome
import dev.reprise.queue.event.CallEvent
import dev.reprise.queue.event.CallListener
import dev.reprise.queue.event.CancelCause
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.RejectException
import dev.reprise.queue.spi.AttemptResult
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.EnqueueResult
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import dev.reprise.queue.spi.accepted
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds

/** Creates the events of a queue and notifies its listeners. Without listeners, each of these costs the read of a field. */
internal class QueueEvents(
    listeners: List<CallListener>,
    clock: CallClock,
    private val laneOf: (String) -> String?,
) {
    /** The clock of the store. */
    val time = StoreTime(clock)
    private val listeners = Listeners(listeners)
    private val order = EventOrder(this.listeners::notify)

    /** True if there is a listener. */
    val isHeard: Boolean = listeners.isNotEmpty()

    /** The store has answered [calls] by [results], which this returns. */
    fun enqueued(
        calls: List<NewCall>,
        results: List<EnqueueResult>,
        inCallerTransaction: Boolean = false,
    ): List<EnqueueResult> {
        if (isHeard) calls.zip(results) { call, result -> enqueued(call, result, inCallerTransaction) }
        return results
    }

    private fun enqueued(
        call: NewCall,
        result: EnqueueResult,
        inCallerTransaction: Boolean,
    ) {
        val due = if (result.isNew) Instant.ofEpochMilli(call.accepted(time.millis(), orderSeq = 0, isHead = true).dueAt) else null
        order.publish(CallEvent.Enqueued(origin(call, result.cid), result.isNew, due, inCallerTransaction))
    }

    fun claimed(call: StoredCall) {
        if (isHeard) order.publish(CallEvent.Claimed(origin(call), call.nextAttempt, lagOf(call)))
    }

    fun attemptStarted(call: StoredCall) {
        if (isHeard) order.publish(CallEvent.AttemptStarted(origin(call), call.nextAttempt, lagOf(call)))
    }

    private fun lagOf(call: StoredCall) = maxOf(time.millis() - call.dueAt, 0).milliseconds

    /** The attempt ended with [failure], or with none, and is about to be settled by [settlement]. */
    fun attemptEnded(
        settlement: Settlement,
        cancelledBy: CancelCause?,
        failure: Throwable?,
        elapsed: Duration,
        handlerVersion: Int?,
    ) {
        if (!isHeard) return
        val outcome = outcomeOf(settlement, cancelledBy, failure)
        val isCancelled = outcome == AttemptOutcome.CANCELLED || outcome == AttemptOutcome.TIMED_OUT
        val event =
            CallEvent.AttemptEnded(
                origin(settlement.call),
                settlement.call.nextAttempt,
                outcome,
                // Cancelled before its first line: the scope of the queue has ended.
                if (isCancelled) cancelledBy ?: CancelCause.SHUTDOWN else null,
                failure,
                elapsed,
                settlement.delayMillis.milliseconds.takeIf { settlement.to == CallState.READY },
                handlerVersion,
            )
        order.publish(event)
    }

    private fun outcomeOf(
        settlement: Settlement,
        cancelledBy: CancelCause?,
        failure: Throwable?,
    ) = when {
        settlement.to == CallState.SUCCEEDED -> AttemptOutcome.RETURNED
        settlement.result == AttemptResult.SNOOZED -> AttemptOutcome.SNOOZED
        cancelledBy == CancelCause.DEADLINE -> AttemptOutcome.TIMED_OUT
        cancelledBy != null || failure == null -> AttemptOutcome.CANCELLED
        failure is RejectException -> AttemptOutcome.REJECTED
        else -> AttemptOutcome.FAILED
    }

    /** [settlement] is being written. */
    fun settling(settlement: Settlement) {
        if (isHeard) order.settling(settlement.call.cid)
    }

    /** [settlement] was written with [result], or never will be (null); [takenFrom] is the dead worker that had the call, if it was taken over. */
    fun settled(
        settlement: Settlement,
        result: SettleResult?,
        takenFrom: String?,
    ) {
        if (isHeard) order.settled(settlement.call.cid, eventsOf(settlement, result, takenFrom))
    }

    private fun eventsOf(
        settlement: Settlement,
        result: SettleResult?,
        takenFrom: String?,
    ): List<CallEvent> {
        // Of several workers that find an orphan, one takes it over; the others have done nothing.
        if (result == null || (result == SettleResult.STALE && takenFrom != null)) return emptyList()
        val now = time.millis()
        val after = settlement.applied(now)
        val due = if (after.state.isEnd) null else Instant.ofEpochMilli(after.dueAt)
        val age = maxOf(now - after.enqueuedAt, 0).milliseconds
        val origin = origin(after)
        if (result == SettleResult.STALE) {
            return listOf(CallEvent.Stale(origin, CallState.RUNNING, after.state, after.deadReason, due, after.counters.attempts, age))
        }
        val settled = CallEvent.Settled(origin, CallState.RUNNING, after.state, after.deadReason, due, after.counters.attempts, age)
        val takenOver = takenFrom?.let { CallEvent.TakenOver(origin, it, after.counters.crashes) }
        return listOfNotNull(takenOver, settled) + settlement.callbacks.map(::callbackOf)
    }

    private fun callbackOf(call: NewCall) = CallEvent.Enqueued(origin(call), isNew = true, dueAt = time.now(), inCallerTransaction = false)

    fun laneChanged(
        lane: String,
        isPaused: Boolean,
    ) {
        QueueLogs.operator.log(System.Logger.Level.INFO) { "the lane '$lane' was ${if (isPaused) "paused" else "resumed"}" }
        if (isHeard) listeners.notify(CallEvent.LaneChanged(time.now(), lane, isPaused))
    }

    /** The calls that [actor] changed by [action], as they were before. */
    fun acted(
        calls: List<StoredCall>,
        action: String,
        actor: String,
    ) {
        if (isHeard) calls.forEach { listeners.notify(CallEvent.Acted(origin(it), action, actor)) }
    }

    fun leaseLost(inFlight: Int) {
        if (isHeard) listeners.notify(CallEvent.LeaseLost(time.now(), inFlight))
    }

    fun storeDown(failure: Throwable) {
        if (isHeard) listeners.notify(CallEvent.StoreDown(time.now(), failure))
    }

    fun storeBack(lasted: Duration) {
        if (isHeard) listeners.notify(CallEvent.StoreBack(time.now(), lasted))
    }

    private fun origin(call: StoredCall) = origin(call.request)

    private fun origin(
        call: NewCall,
        cid: String = call.cid,
    ) = CallEvent.Origin(time.now(), cid, call.handler, laneOf(call.handler), call.tags)
}
