package dev.reprise.internal.engine

import dev.reprise.Retry
import dev.reprise.internal.policy.PackedDecision
import dev.reprise.internal.policy.PolicyState
import dev.reprise.internal.policy.RuleFailedException
import dev.reprise.internal.util.discard
import dev.reprise.internal.util.plusWait
import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.policy.Decision
import dev.reprise.run.Attempt
import dev.reprise.run.ReportStamps
import dev.reprise.run.RetryBudget
import dev.reprise.run.RetryEvent
import dev.reprise.run.retriesSince
import kotlin.time.Duration.Companion.nanoseconds

/*
 * The decision machine that all runners share: from one attempt and how it ended to the next attempt, or to the end of the run. It
 * waits for nothing and starts nothing; it tells the listeners.
 */

/** The first attempt of a run that something watches; its verdict is the initial delay, or a stop if there is no time or no use for it. */
internal fun Retry.begin(): Attempt {
    budgets.forEach { it.deposit() }
    val start = clock.nanos()
    val state = logic.newState()
    val verdict =
        when {
            isStopped -> PackedDecision.STOPPED
            logic.hasDeadline && logic.initialDelayNanos >= logic.deadlineNanos(state) -> PackedDecision.DEADLINE
            else -> logic.initialDelayNanos
        }
    return Attempt.of(this, 1, start, 0, verdict, null, state, 0)
}

/** The attempt after its wait: it is over if a stop was given or the deadline has passed meanwhile. */
internal fun Attempt.arrive(): Attempt {
    if (retry.isStopped) return at(now(), PackedDecision.STOPPED)
    // A clock that nobody told of virtual time stands still while the wait passes: what was waited has elapsed all the same.
    val elapsed = maxOf(elapsedNanos plusWait verdict, now())
    return at(elapsed, if (retry.logic.isOver(state, elapsed)) PackedDecision.DEADLINE else 0)
}

/** This attempt as one that is not made, for the reason it has already, or [verdict]. */
internal fun Attempt.over(verdict: Long): Attempt = if (isOver) this else at(now(), verdict)

/** This attempt in a run that is timed from here on, if it was not before. */
internal fun Attempt.timed(): Attempt = if (isTimed) this else at(elapsedNanos, verdict, retry.clock.nanos() - elapsedNanos)

/** Nanoseconds from the start of the run to now; never back. */
private fun Attempt.now(): Long = if (isTimed) maxOf(elapsedNanos, retry.clock.nanos() - startNanos) else elapsedNanos

/** What follows this attempt, which ended with [end]; null if that was a success. [scope] is the run's own. */
internal fun Attempt.next(
    end: AttemptEnd<*>,
    scope: RunContext,
): Attempt? =
    when (end) {
        is AttemptEnd.Returned -> returned(end.value, scope)
        is AttemptEnd.Threw -> failed(end.failure, scope.outer, scope.retriesInside)
        is AttemptEnd.Cut -> cut(end, scope)
    }

/**
 * What follows this attempt of a plain run, which has no scope of its own: the retries of runs inside are told by the reports they
 * ended with since [stamp].
 */
internal fun Attempt.failedPlain(
    failure: Throwable,
    stamp: Int,
    outer: RunContext?,
): Attempt {
    val inside = if (ReportStamps.latest == stamp) 0 else failure.retriesSince(stamp)
    return failed(failure, outer, nestedRetries + inside)
}

private fun Attempt.failed(
    failure: Throwable,
    outer: RunContext?,
    retriesInside: Int,
): Attempt {
    val state = state ?: retry.logic.newState()
    return after(judge(failure, state), failure, null, recorded(failure), state, outer, retriesInside)
}

/** Time cuts an attempt like a failure; the end of a grace leaves nothing to decide. */
private fun Attempt.cut(
    cut: AttemptEnd.Cut,
    scope: RunContext,
): Attempt {
    val failure = cut.failure
    val next =
        when (cut.by) {
            CancelCause.TIMEOUT -> failed(failure, scope.outer, scope.retriesInside)

            CancelCause.DEADLINE -> cutAtDeadline(failure, scope)

            // The failure of the attempt before says more than that this one was cut.
            CancelCause.STOP -> after(PackedDecision.STOPPED, failure, null, history ?: failure, state, scope.outer, scope.retriesInside)
        }
    (failure as? AttemptTimeoutException)?.isOwn = false
    return next
}

/** The end of the run leaves nothing to decide, unless a `then` has another part, which has a time of its own. */
private fun Attempt.cutAtDeadline(
    failure: Throwable,
    scope: RunContext,
): Attempt {
    val end = retry.logic.deadlineNanos(state, elapsedNanos)
    if (retry.logic.isOver(state, end)) {
        return after(PackedDecision.DEADLINE, failure, null, recorded(failure), state, scope.outer, scope.retriesInside)
    }
    // Nobody may have told the clock of the time that has passed.
    return at(end, verdict).failed(failure, scope.outer, scope.retriesInside)
}

/** What follows this attempt, which returned [result]; null if no rule rejects it. */
internal fun Attempt.returned(
    result: Any?,
    scope: RunContext,
): Attempt? {
    if (!retry.logic.judgesResults) return null
    val verdict =
        try {
            retry.logic.verdict(number, now(), null, result, state, retry.random)
        } catch (e: RuleFailedException) {
            // There is no failure to keep this one beside, so it is the failure.
            discard(result)
            return after(PackedDecision.ABORTED, e.cause, null, recorded(e.cause), state, scope.outer, scope.retriesInside)
        }
    if (verdict == PackedDecision.ACCEPTED) return null
    val next = after(verdict, null, result, recordedResult(result), state, scope.outer, scope.retriesInside)
    return if (next.isOver || result !is AutoCloseable) next else next.also { discard(result) }.withoutLastResult()
}

private fun Attempt.judge(
    failure: Throwable,
    state: PolicyState?,
): Long =
    try {
        retry.logic.verdict(number, now(), failure, null, state, retry.random)
    } catch (e: RuleFailedException) {
        if (e.cause !== failure) failure.addSuppressed(e.cause)
        PackedDecision.ABORTED
    }

/** One failure needs no history around it. */
private fun Attempt.recorded(failure: Throwable): Any = if (history == null) failure else past().plus(failure)

private fun Attempt.recordedResult(result: Any?): FailureHistory = past().plusResult(result)

/** A result that is closed because another attempt is to follow is not returned in its place, even if that is never made. */
private fun Attempt.withoutLastResult(): Attempt =
    Attempt.of(retry, number, startNanos, elapsedNanos, verdict, past().closed(), state, nestedRetries)

private fun Attempt.past(): FailureHistory =
    history as? FailureHistory ?: lastFailure?.let(FailureHistory.EMPTY::plus) ?: FailureHistory.EMPTY

/** The refusals that are not the policy's, then the next attempt. */
private fun Attempt.after(
    decided: Long,
    failure: Throwable?,
    result: Any?,
    history: Any,
    state: PolicyState?,
    outer: RunContext?,
    retriesInside: Int,
): Attempt {
    val verdict =
        when {
            PackedDecision.isStop(decided) -> decided
            outer?.suppresses == true -> PackedDecision.EXHAUSTED
            retry.isPlain -> decided
            retry.isStopped -> PackedDecision.STOPPED
            !RetryBudget.withdrawAll(retry.budgets) -> PackedDecision.BUDGET
            else -> decided
        }
    // While the run goes on, the count stops below the largest limit there is, or `forever()` would end there.
    val number = if (PackedDecision.isStop(verdict)) number + 1 else minOf(number + 1, Int.MAX_VALUE - 1)
    val next = Attempt.of(retry, number, startNanos, now(), verdict, history, state, retriesInside)
    if (!next.isOver) outer?.countRetry()
    if (retry.isHeard) retry.tell(RetryEvent.AttemptFailed(this.number, next.elapsed, failure, result, next.decision()))
    return next
}

private fun Attempt.decision(): Decision = if (isOver) Decision.GiveUp(reason) else Decision.RetryAfter(verdict.nanoseconds)

/** The end of a run whose attempt could not be made, because of [failure]. */
internal fun Attempt.broken(failure: Throwable): Attempt {
    lastFailure?.let { if (it !== failure) failure.addSuppressed(it) }
    return Attempt.of(retry, number, startNanos, now(), PackedDecision.ABORTED, recorded(failure), state, nestedRetries)
}

/** Tells that the run has succeeded with this attempt. */
internal fun Attempt.tellSuccess() {
    if (retry.isHeard) retry.tell(RetryEvent.Succeeded(number, now().nanoseconds))
}

/** Tells that the run was cancelled in this attempt or in the wait before it. */
internal fun Attempt.tellCancelled() {
    if (retry.isHeard) retry.tell(RetryEvent.Cancelled(made, now().nanoseconds))
}
