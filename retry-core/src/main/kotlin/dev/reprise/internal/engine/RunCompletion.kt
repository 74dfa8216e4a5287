package dev.reprise.internal.engine

import dev.reprise.internal.policy.PackedDecision
import dev.reprise.internal.policy.unwrapped
import dev.reprise.internal.util.compact
import dev.reprise.internal.util.isCancellation
import dev.reprise.internal.util.isControlFlow
import dev.reprise.internal.util.toDuration
import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.policy.Rethrow
import dev.reprise.policy.RetryExhaustedException
import dev.reprise.policy.StopReason
import dev.reprise.run.ForeignCancellationException
import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryOutcome
import dev.reprise.run.RetryReport
import dev.reprise.run.RetryStoppedException
import kotlin.coroutines.cancellation.CancellationException

/** How a run that is over ends for its caller; notifies the listeners. Only for an attempt that [RunAttempt.isOver]. */
internal fun <T> RunAttempt.complete(isSuspending: Boolean): RetryOutcome<T> {
    val past = history as? FailureHistory
    val rejected = past != null && past.endedWithResult && state?.replacement == null
    if (rejected && config.policy.returnsLast && !past!!.isResultClosed) return returnLast(past)
    val failure = if (rejected) RetryExhaustedException(past!!.lastResult, made, stopReason) else finalFailure(isSuspending)
    val report = report()
    RetryReport.attach(report, failure)
    notify { RetryEvent.GaveUp(it, made, elapsed, failure, report) }
    return RetryOutcome.Failure(failure, report)
}

/** What a plain run throws; it has no results to judge, so it always throws. */
internal fun RunAttempt.toThrowable(isSuspending: Boolean): Throwable = (complete<Nothing>(isSuspending) as RetryOutcome.Failure).failure

private fun <T> RunAttempt.returnLast(past: FailureHistory): RetryOutcome<T> {
    val report = report()
    notify { RetryEvent.GaveUp(it, made, elapsed, null, report) }
    @Suppress("UNCHECKED_CAST")
    return RetryOutcome.Success(past.lastResult as T, made, report)
}

private fun RunAttempt.finalFailure(isSuspending: Boolean): Throwable {
    val failure = state?.replacement ?: (if (config.policy.rethrow == Rethrow.FIRST) firstFailure else lastFailure)
    return when {
        failure == null -> noAttemptFailure()

        // Thrown unchanged, it would look like a cancellation of the caller's coroutine.
        isSuspending && failure.isForeignCancellation() -> ForeignCancellationException(failure as CancellationException)

        else -> failure
    }
}

/** What a run ends with in which no attempt ended. Only a stop is a cancellation: no caller has requested the end by a deadline. */
private fun RunAttempt.noAttemptFailure(): Throwable {
    if (stopReason == StopReason.STOPPED) return RetryStoppedException("${config.describeStop()} before an attempt ended")
    val limit = config.policy.deadlineNanos(state).toDuration()
    // For a run around this one it is a failure like any other.
    return AttemptTimeoutException(number, limit, "the $limit of the run leave no time for an attempt").also { it.isOwn = false }
}

private fun RunAttempt.report() =
    RetryReport.create(made, made + (run?.retriesInside ?: 0), elapsed, stopReason, firstFailure, failures, stopDetail)

/** What [StopReason] alone does not say. */
private val RunAttempt.stopDetail: String?
    get() =
        PackedDecision.refusedHint(verdict)?.let { hint ->
            val limit = config.policy.longestHint(hint)
            "the remote service asks for a delay of ${hint.compact()}, more than maxRetryAfter(${limit.compact()})"
        } ?: lastFailure?.takeIf { verdict == PackedDecision.NOT_RETRYABLE }?.let { config.judge?.objection(it.unwrapped()) }

private val RunAttempt.firstFailure: Throwable? get() = if (history is FailureHistory) history.first else history as Throwable?

private fun Throwable.isForeignCancellation(): Boolean = isCancellation() && this !is RetryStoppedException && !isControlFlow()
