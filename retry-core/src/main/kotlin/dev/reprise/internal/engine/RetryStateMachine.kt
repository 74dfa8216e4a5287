package dev.reprise.internal.engine

import dev.reprise.internal.policy.PackedDecision
import dev.reprise.internal.policy.PolicyState
import dev.reprise.internal.policy.RuleFailedException
import dev.reprise.internal.util.closeQuietly
import dev.reprise.internal.util.isControlFlow
import dev.reprise.internal.util.isInterruption
import dev.reprise.internal.util.plusWait
import dev.reprise.internal.util.suppress
import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.policy.Decision
import dev.reprise.run.RetryBudget
import dev.reprise.run.RetryEvent
import java.util.concurrent.CompletionException
import kotlin.time.Duration.Companion.nanoseconds

/*
 * The state machine that all runners share: from one attempt and how it ended to the next attempt, or to the end of the run. It neither
 * waits nor starts anything; it notifies the listeners.
 */

/** The first attempt of a watched run; its verdict is the initial delay, or a stop if there is no time for an attempt or no need of one. */
internal fun RunConfig.start(run: RunContext): RunAttempt {
    stops.forEach { it.signal?.runStarted() }
    budgets.forEach { it.deposit() }
    val start = clock.nanos()
    val state = policy.newState()
    val verdict =
        when {
            isStopped -> PackedDecision.STOPPED
            policy.hasDeadline && policy.initialDelayNanos >= policy.deadlineNanos(state) -> PackedDecision.DEADLINE
            else -> policy.initialDelayNanos
        }
    return RunAttempt.of(this, 1, start, 0, verdict, null, state, run)
}

/** The attempt after its delay: the run is over if a stop was triggered or the deadline passed during the delay. */
internal fun RunAttempt.afterDelay(): RunAttempt {
    if (config.isStopped) return over(PackedDecision.STOPPED)
    // A clock that does not follow virtual time does not move during the delay: the delay has elapsed nevertheless.
    val elapsed = maxOf(elapsedNanos plusWait verdict, now())
    return if (config.policy.isOver(state, elapsed)) over(PackedDecision.DEADLINE, elapsed) else at(elapsed, 0)
}

/** This attempt as one that never starts, because of [verdict]. */
internal fun RunAttempt.over(
    verdict: Long,
    elapsed: Long = now(),
): RunAttempt {
    refund()
    return at(elapsed, verdict)
}

/** Returns to the budgets what was withdrawn for this attempt, which does not start. */
internal fun RunAttempt.refund() {
    if (isRetry && !isOver) config.budgets.forEach { it.refund() }
}

/** This attempt in a run that is timed from here on, if it was not before. */
internal fun RunAttempt.timed(): RunAttempt = if (isTimed) this else at(elapsedNanos, verdict, config.clock.nanos() - elapsedNanos)

/** Nanoseconds from the start of the run to now; never runs backwards. */
private fun RunAttempt.now(): Long = if (isTimed) maxOf(elapsedNanos, config.clock.nanos() - startNanos) else elapsedNanos

/** This attempt as the first one of a run that starts now. */
internal fun RunAttempt.startOver(): RunAttempt = RunAttempt.of(config, 1, config.clock.nanos(), 0, 0, null, config.policy.newState(), run)

/** What follows this attempt of a watched run, which ended with [end]; null if that was a success. */
internal fun RunAttempt.next(end: AttemptEnd<*>): RunAttempt? =
    when (end) {
        is AttemptEnd.Returned -> returned(end.value)
        is AttemptEnd.Threw -> failed(end, run?.outer)
        is AttemptEnd.Cancelled -> cancelled(end)
    }

/** What follows this attempt, which ended with [end]; [outer] is the run around this one. */
internal fun RunAttempt.failed(
    end: AttemptEnd.Threw,
    outer: RunContext?,
): RunAttempt {
    val failure = end.failure
    // An interruption of another thread is a failure like any other.
    return failed(failure, outer, judged = if (end.isElsewhere && failure.isInterruption()) CompletionException(failure) else failure)
}

/**
 * What follows this attempt, which ended with [failure]; the policy judges [judged].
 *
 * @throws kotlin.coroutines.cancellation.CancellationException that is [failure], if it is the control flow of another library and no rule names it.
 */
internal fun RunAttempt.failed(
    failure: Throwable,
    outer: RunContext?,
    judged: Throwable = failure,
): RunAttempt {
    val state = state ?: config.policy.newState()
    val verdict = judge(judged, state)
    if (verdict == PackedDecision.NOT_RETRYABLE && failure.isControlFlow() && state?.replacement == null) throw failure
    return after(verdict, failure, null, recorded(failure), state, outer)
}

/** A timeout is decided like a failure; the end of a grace leaves nothing to decide. */
private fun RunAttempt.cancelled(end: AttemptEnd.Cancelled): RunAttempt {
    val failure = end.failure
    val next =
        when (end.by) {
            CancelCause.TIMEOUT -> failed(failure, run?.outer)

            CancelCause.DEADLINE -> cancelledAtDeadline(failure)

            // The failure of the previous attempt is more useful than the cancellation of this one.
            CancelCause.STOP -> after(PackedDecision.STOPPED, failure, null, history ?: failure, state, run?.outer)
        }
    (failure as? AttemptTimeoutException)?.isOwn = false
    return next
}

/** The end of the run leaves nothing to decide, unless a `then` has another part, which has its own time limit. */
private fun RunAttempt.cancelledAtDeadline(failure: Throwable): RunAttempt {
    val end = config.policy.deadlineNanos(state, elapsedNanos, cancels = true)
    if (config.policy.isOver(state, end)) {
        return after(PackedDecision.DEADLINE, failure, null, recorded(failure), state, run?.outer)
    }
    // The clock need not follow the time that has passed.
    return at(end, verdict).failed(failure, run?.outer)
}

/** What follows this attempt, which returned [result]; null if no rule rejects it. */
internal fun RunAttempt.returned(result: Any?): RunAttempt? {
    if (!config.policy.judgesResults) return null
    val verdict =
        try {
            config.policy.verdict(number, now(), null, result, state, config.random)
        } catch (e: RuleFailedException) {
            // There is no other failure in which this one could be suppressed.
            closeQuietly(result)
            return after(PackedDecision.NOT_RETRYABLE, e.cause, null, recorded(e.cause), state, run?.outer)
        }
    if (verdict == PackedDecision.ACCEPTED) return null
    val next = after(verdict, null, result, recordedResult(result), state, run?.outer)
    return if (next.isOver || result !is AutoCloseable) next else next.also { closeQuietly(result) }.withoutLastResult()
}

private fun RunAttempt.judge(
    failure: Throwable,
    state: PolicyState?,
): Long =
    try {
        config.policy.verdict(number, now(), failure, null, state, config.random)
    } catch (e: RuleFailedException) {
        failure.suppress(e.cause)
        PackedDecision.NOT_RETRYABLE
    }

/** One failure needs no history around it. */
private fun RunAttempt.recorded(failure: Throwable): Any = if (history == null) failure else past().plus(failure)

private fun RunAttempt.recordedResult(result: Any?): FailureHistory = past().plusResult(result)

/** A result that is closed because another attempt follows is not returned instead, even if that attempt never starts. */
private fun RunAttempt.withoutLastResult(): RunAttempt =
    RunAttempt.of(config, number, startNanos, elapsedNanos, verdict, past().closed(), state, run)

private fun RunAttempt.past(): FailureHistory =
    history as? FailureHistory ?: lastFailure?.let(FailureHistory.EMPTY::plus) ?: FailureHistory.EMPTY

/** The reasons to give up that are not the policy's, then the next attempt. */
private fun RunAttempt.after(
    decided: Long,
    failure: Throwable?,
    result: Any?,
    history: Any,
    state: PolicyState?,
    outer: RunContext?,
): RunAttempt {
    val verdict =
        when {
            PackedDecision.isStop(decided) -> decided
            outer?.suppresses == true -> PackedDecision.EXHAUSTED
            config.isPlain -> decided
            config.isStopped -> PackedDecision.STOPPED
            !RetryBudget.withdrawAll(config.budgets) -> PackedDecision.BUDGET
            else -> decided
        }
    // While the run continues, the count stops below the largest limit there is, or `forever()` would end there.
    val number = if (PackedDecision.isStop(verdict)) number + 1 else minOf(number + 1, Int.MAX_VALUE - 1)
    val next = RunAttempt.of(config, number, startNanos, now(), verdict, history, state, run)
    if (!next.isOver) outer?.countRetry()
    notify { RetryEvent.AttemptFailed(it, this.number, next.elapsed, failure, result, next.decision()) }
    return next
}

private fun RunAttempt.decision(): Decision = if (isOver) Decision.GiveUp(stopReason) else Decision.RetryAfter(verdict.nanoseconds)

/** The end of a run whose attempt could not start, because of [failure]. */
internal fun RunAttempt.broken(failure: Throwable): RunAttempt {
    refund()
    lastFailure?.let(failure::suppress)
    return RunAttempt.of(config, number, startNanos, now(), PackedDecision.NOT_RETRYABLE, recorded(failure), state, run)
}

/** Notifies the listeners, if there are any, of what [event] creates. */
internal inline fun RunAttempt.notify(event: (RunContext) -> RetryEvent) {
    if (config.hasListeners) config.notify(event(checkNotNull(run)))
}

/** Notifies the listeners that the run has succeeded with this attempt. */
internal fun RunAttempt.notifySucceeded() {
    notify { RetryEvent.Succeeded(it, number, now().nanoseconds) }
}

/** Notifies the listeners that the run was cancelled in this attempt or in the delay before it. */
internal fun RunAttempt.notifyCancelled() {
    notify { RetryEvent.Cancelled(it, made, now().nanoseconds) }
}
