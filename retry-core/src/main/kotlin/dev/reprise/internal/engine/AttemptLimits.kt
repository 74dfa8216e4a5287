package dev.reprise.internal.engine

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.internal.util.CloseableBag
import dev.reprise.internal.util.toDuration
import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.run.RetryStoppedException
import dev.reprise.run.RetryTimer
import kotlin.coroutines.cancellation.CancellationException

/** What can end a running attempt from outside. */
internal enum class CancelCause { TIMEOUT, DEADLINE, STOP }

/** When a running attempt is cut, the first of: its own timeout, the end of the run, the grace after a stop. */
internal class AttemptLimits(
    private val attempt: RunAttempt,
) {
    private val timeout = attempt.config.policy.attemptTimeoutNanos
    private val remaining = attempt.remainingNanos

    /** The stops that do not wait for a running attempt for ever. */
    val stops: List<StopCondition> = attempt.config.stops.filter { it.graceNanos < LONGEST_WAIT }

    /** What the attempt may take, in nanoseconds. */
    val nanos: Long = minOf(timeout, remaining)

    val isNone: Boolean get() = nanos >= LONGEST_WAIT && stops.isEmpty()

    /** The reason if time is what ends the attempt. */
    val byTime: CancelCause get() = if (remaining <= timeout) CancelCause.DEADLINE else CancelCause.TIMEOUT

    /** Has [timer] call [cut] at the limits, for the runners that are not coroutines. Closing the answer ends that. */
    fun watch(
        timer: RetryTimer,
        cut: (CancelCause) -> Unit,
    ): AutoCloseable {
        val watches = CloseableBag()
        if (nanos < LONGEST_WAIT) watches += timer.schedule(nanos) { cut(byTime) }
        stops.forEach { stop -> watches += stop.onTrigger { watches += timer.schedule(stop.graceNanos) { cut(CancelCause.STOP) } } }
        return watches
    }

    /** The attempt as one that was cut. [thrown] is what the body made of that; anything but the cut itself is kept. */
    fun cut(
        by: CancelCause,
        thrown: Throwable?,
    ): AttemptEnd.Cut {
        val failure =
            if (by == CancelCause.STOP) {
                RetryStoppedException("attempt ${attempt.number} was cut after its grace: ${attempt.config.describeStop()}")
            } else {
                AttemptTimeoutException(attempt.number, nanos.toDuration())
            }
        if (thrown != null && thrown !is CancellationException && thrown !is InterruptedException) failure.addSuppressed(thrown)
        return AttemptEnd.Cut(by, failure)
    }
}
