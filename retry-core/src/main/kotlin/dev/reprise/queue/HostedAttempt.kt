package dev.reprise.queue

import dev.reprise.internal.queue.QueueSettings
import dev.reprise.internal.queue.events.QueueEvents
import dev.reprise.internal.queue.worker.AttemptExecutor
import dev.reprise.internal.queue.worker.ClaimedCall
import dev.reprise.internal.queue.worker.RunningCalls
import dev.reprise.internal.queue.worker.Settlements
import dev.reprise.policy.FailureDescription
import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.event.CancelCause
import dev.reprise.queue.model.CallQueue
import dev.reprise.queue.spi.CallClock
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall
import kotlinx.coroutines.CoroutineScope

/** One attempt at a call that another engine hosts; see [HostedCalls.attempt]. */
@RepriseSpi
public class HostedAttempt internal constructor(
    queue: CallQueue,
    settings: QueueSettings,
    settlements: Settlements,
    events: QueueEvents,
    private val clock: CallClock,
    private val call: StoredCall,
    private val startsAt: Long,
) {
    /** What the handler failed with, if the policy has to decide: [HostedCalls.failed]. Null before the end, and after any other end. */
    @Volatile
    public var failure: FailureDescription? = null
        private set

    private val running = RunningCalls()
    private val executor =
        AttemptExecutor(queue, settings, clock, settlements, running, events, { call, thrown, version, _, elapsed ->
            failure = FailureDescription.of(thrown)
            settlements.undecided(call, thrown, version, elapsed)
        }) { true }

    /**
     * Runs the handler in [scope] and returns how the attempt ended. With a [failure], the settlement has the record of it and no decision. It
     * is `RELEASED` if the attempt does not count, as after a cancellation for [CancelCause.SHUTDOWN].
     */
    public suspend fun make(scope: CoroutineScope): Settlement = executor.run(ClaimedCall(call, startsAt, clock.millis(), clock), scope)

    /** Cancels the coroutine of the handler; the first [cause] counts. */
    public fun cancel(cause: CancelCause) {
        if (cause == CancelCause.REQUESTED) running.cancelRequested(call.cid) else running.cancelAll(cause)
    }
}
