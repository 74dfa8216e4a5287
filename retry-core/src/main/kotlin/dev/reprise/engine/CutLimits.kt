package dev.reprise.engine

import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.policy.Verdict
import dev.reprise.policy.toDuration
import kotlin.coroutines.cancellation.CancellationException

/** How the body of one attempt ended. */
internal sealed interface AttemptEnd<out T> {
    class Returned<T>(
        val value: T,
    ) : AttemptEnd<T>

    class Threw(
        val failure: Throwable,
    ) : AttemptEnd<Nothing>

    class Cut(
        val by: CutBy,
        val failure: Throwable,
    ) : AttemptEnd<Nothing>
}

/** What can end a running attempt from outside. */
internal enum class CutBy { Timeout, Deadline, Stop }

/** When a running attempt is cut, the first of: its own timeout, the end of the run, the grace after a stop. */
internal class CutLimits(
    private val attempt: Attempt,
) {
    private val timeout = attempt.retry.policy.attemptTimeoutNanos
    private val remaining = attempt.remainingNanos

    /** The stops that do not wait for a running attempt for ever. */
    val stops: List<Stop> = attempt.retry.stops.filter { it.graceNanos < Verdict.LONGEST_WAIT }

    /** What the attempt may take, in nanoseconds. */
    val nanos: Long = minOf(timeout, remaining)

    val isNone: Boolean get() = nanos >= Verdict.LONGEST_WAIT && stops.isEmpty()

    /** The reason if time is what ends the attempt. */
    val byTime: CutBy get() = if (remaining <= timeout) CutBy.Deadline else CutBy.Timeout

    /** Has [timer] call [cut] at the limits, for the runners that are not coroutines. Closing the answer ends that. */
    fun watch(
        timer: RetryTimer,
        cut: (CutBy) -> Unit,
    ): AutoCloseable {
        val watches = Handles()
        if (nanos < Verdict.LONGEST_WAIT) watches += timer.schedule(nanos) { cut(byTime) }
        stops.forEach { stop -> watches += stop.onGiven { watches += timer.schedule(stop.graceNanos) { cut(CutBy.Stop) } } }
        return watches
    }

    /** The attempt as one that was cut. [thrown] is what the body made of that; anything but the cut itself is kept. */
    fun cut(
        by: CutBy,
        thrown: Throwable?,
    ): AttemptEnd.Cut {
        val failure =
            if (by == CutBy.Stop) {
                RetryStoppedException("attempt ${attempt.number} was cut after its grace: ${attempt.retry.whyStopped()}")
            } else {
                AttemptTimeoutException(attempt.number, nanos.toDuration())
            }
        if (thrown != null && thrown !is CancellationException && thrown !is InterruptedException) failure.addSuppressed(thrown)
        return AttemptEnd.Cut(by, failure)
    }
}
