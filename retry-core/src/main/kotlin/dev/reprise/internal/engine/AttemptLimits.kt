package dev.reprise.internal.engine

import dev.reprise.internal.util.CloseableBag
import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.util.toDuration
import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.run.RetryStoppedException
import kotlin.coroutines.cancellation.CancellationException

/** What can cancel a running attempt. */
internal enum class CancelCause { TIMEOUT, DEADLINE, STOP }

/** When a running attempt is cancelled, the first of: its own timeout, the end of the run, the grace after a stop. */
internal class AttemptLimits(
    private val attempt: RunAttempt,
) {
    private val timeout = attempt.config.policy.attemptTimeoutNanos
    private val remaining = attempt.cancelNanos

    /** The stops that wait for a running attempt for a limited time. */
    val stops: List<StopCondition> = attempt.config.stops.filter { it.graceNanos < LONGEST_WAIT }

    /** How long the attempt can take, in nanoseconds. */
    val nanos: Long = minOf(timeout, remaining)

    val isNone: Boolean get() = nanos >= LONGEST_WAIT && stops.isEmpty()

    /** The reason if time is what ends the attempt. */
    val byTime: CancelCause get() = if (remaining <= timeout) CancelCause.DEADLINE else CancelCause.TIMEOUT

    /** Calls [cancel] at the end of the run's time, if that cancels the attempt. */
    fun watchDeadline(
        handles: CloseableBag,
        cancel: () -> Unit,
    ) {
        if (remaining < LONGEST_WAIT) handles += attempt.config.timer.schedule(remaining) { cancel() }
    }

    /** Calls [end] when no attempt can start any more, which happens also while this one waits for a thread, and [cancel] at the end. */
    fun watchQueue(
        handles: CloseableBag,
        end: () -> Unit,
        cancel: () -> Unit,
    ) {
        val start = attempt.remainingNanos
        if (start == remaining) {
            return watchDeadline(handles) {
                end()
                cancel()
            }
        }
        if (start < LONGEST_WAIT) handles += attempt.config.timer.schedule(start) { end() }
        watchDeadline(handles, cancel)
    }

    /** Calls [cancel] at the limits that count from the start of the body. */
    fun watchBody(
        handles: CloseableBag,
        cancel: (CancelCause) -> Unit,
    ) {
        val timer = attempt.config.timer
        if (timeout < remaining) handles += timer.schedule(timeout) { cancel(CancelCause.TIMEOUT) }
        stops.forEach { stop -> handles += stop.onTrigger { handles += timer.schedule(stop.graceNanos) { cancel(CancelCause.STOP) } } }
    }

    /** The attempt as one that [by] cancelled. [thrown] is what the body threw then; anything but the cancellation itself is kept. */
    fun cancelled(
        by: CancelCause,
        thrown: Throwable?,
    ): AttemptEnd.Cancelled {
        val failure =
            if (by == CancelCause.STOP) {
                RetryStoppedException("attempt ${attempt.number} was cancelled after its grace period: ${attempt.config.describeStop()}")
            } else {
                AttemptTimeoutException(attempt.number, (if (by == CancelCause.DEADLINE) remaining else timeout).toDuration())
            }
        if (thrown != null && thrown !is CancellationException && thrown !is InterruptedException) failure.addSuppressed(thrown)
        return AttemptEnd.Cancelled(by, failure)
    }
}
