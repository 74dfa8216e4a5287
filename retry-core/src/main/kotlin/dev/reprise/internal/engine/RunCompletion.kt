package dev.reprise.internal.engine

import dev.reprise.internal.util.toDuration
import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.policy.Rethrow
import dev.reprise.policy.RetryExhaustedException
import dev.reprise.policy.StopReason
import dev.reprise.run.Attempt
import dev.reprise.run.ForeignCancellationException
import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryOutcome
import dev.reprise.run.RetryReport
import dev.reprise.run.RetryStoppedException
import dev.reprise.run.attach
import kotlinx.coroutines.TimeoutCancellationException
import kotlin.coroutines.cancellation.CancellationException

/** How a run that is over ends for its caller; tells the listeners. Only for an attempt that [Attempt.isOver]. */
internal fun <T> Attempt.conclude(): RetryOutcome<T> {
    val past = history as? FailureHistory
    val rejected = past != null && past.endedWithResult && state?.replacement == null
    if (rejected && retry.logic.returnsLast && !past!!.isResultClosed) return returnLast(past)
    val failure = if (rejected) RetryExhaustedException(past!!.lastResult, made, reason) else finalFailure()
    val facts = facts()
    failure.attach(facts)
    val report = RetryReport().also { it.fill(facts) }
    if (retry.isHeard) retry.tell(RetryEvent.GaveUp(made, elapsed, failure, report))
    return RetryOutcome.Failure(failure, report)
}

/** What a plain run throws; it has no results to judge, so it always throws. */
internal fun Attempt.ending(): Throwable = (conclude<Nothing>() as RetryOutcome.Failure).failure

private fun <T> Attempt.returnLast(past: FailureHistory): RetryOutcome<T> {
    val report = RetryReport().also { it.fill(facts()) }
    if (retry.isHeard) retry.tell(RetryEvent.GaveUp(made, elapsed, null, report))
    @Suppress("UNCHECKED_CAST")
    return RetryOutcome.Success(past.lastResult as T, made, report)
}

private fun Attempt.finalFailure(): Throwable {
    val failure = state?.replacement ?: (if (retry.logic.rethrow == Rethrow.First) firstFailure else lastFailure)
    return when {
        failure == null -> unmade()

        // Thrown as it is, it would pass for a cancellation of the caller.
        failure.isForeignCancellation() -> ForeignCancellationException(failure as CancellationException)

        else -> failure
    }
}

/** What a run ends with that made no attempt. Only a stop is a cancellation: nobody has asked for a deadline's. */
private fun Attempt.unmade(): Throwable {
    if (reason == StopReason.STOPPED) return RetryStoppedException("${retry.whyStopped()} before an attempt ended")
    val limit = retry.logic.deadlineNanos(state).toDuration()
    // It is for a run around this one a failure like any other.
    return AttemptTimeoutException(number, limit, "the $limit of the run leave no time for an attempt").also { it.isOwn = false }
}

private fun Attempt.facts() = RetryReport.Facts(made, made + nestedRetries, elapsed, reason, firstFailure, failures)

private val Attempt.firstFailure: Throwable? get() = if (history is FailureHistory) history.first else history as Throwable?

private fun Throwable.isForeignCancellation(): Boolean =
    this is CancellationException && this !is TimeoutCancellationException && this !is RetryStoppedException
