package dev.reprise.queue.spi

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadlinePassedException
import dev.reprise.queue.model.IllegalTransitionException
import java.time.Instant

/** The moves a call can make, a reason per line. Every store refuses all others. */
public object CallTransitions {
    private val reasons: Map<Pair<CallState, CallState>, String> =
        mapOf(
            (CallState.HELD to CallState.READY) to "the call before it in its order ended",
            (CallState.HELD to CallState.CANCELLED) to "it was cancelled before its turn came",
            (CallState.READY to CallState.RUNNING) to "a worker claimed it",
            (CallState.READY to CallState.CANCELLED) to "it was cancelled while it waited",
            (CallState.RUNNING to CallState.READY) to "it failed and is retried later, was snoozed, was released, or its worker died",
            (CallState.RUNNING to CallState.SUCCEEDED) to "its attempt returned",
            (CallState.RUNNING to CallState.DEAD) to "nothing allows another attempt",
            (CallState.RUNNING to CallState.CANCELLED) to "its worker saw that it was cancelled",
            (CallState.DEAD to CallState.READY) to "it is replayed",
            (CallState.DEAD to CallState.HELD) to "it is replayed behind another call of its order",
        )

    /** Why a call may go from [from] to [to]; null if it may not. */
    @JvmStatic
    public fun reason(
        from: CallState,
        to: CallState,
    ): String? = reasons[from to to]

    /** @throws IllegalTransitionException if a call cannot go from [from] to [to]. */
    internal fun require(
        from: CallState,
        to: CallState,
    ) {
        if (reason(from, to) == null) throw IllegalTransitionException(from, to)
    }
}

/*
 * What a call is after it was accepted or replayed, the same in every store.
 */

/** The call as it is once a store has accepted it at the instant [now]. */
internal fun NewCall.accepted(
    now: Long,
    orderSeq: Long,
    isHead: Boolean,
): StoredCall {
    val made = if (firstFailure == null) 0 else 1
    return StoredCall(
        cid = cid,
        order = copy(claimedBy = null, claimedIn = null, firstFailure = null, delayMillis = 0),
        state = if (isHead) CallState.READY else CallState.HELD,
        enqueuedAt = now,
        dueAt = dueNoLaterThanDeadline(now + delayMillis),
        counters = CallCounters(attempts = made, failures = made),
        // The policy counts the attempts in the background, not the one that the caller made or makes.
        run = PolicyProgress(attemptsBefore = if (claimedBy == null || claimedIn != null) made else 1),
        orderSeq = orderSeq,
    )
}

/** The call as it is once the worker with the lease [owner] has taken it at the instant [now]. */
internal fun StoredCall.takenBy(
    owner: String,
    now: Long,
): StoredCall =
    copy(
        state = CallState.RUNNING,
        token = token + 1,
        claim = Claim(owner, token + 1, now),
        counters = counters.copy(claims = counters.claims + 1),
        run = run.copy(startedAt = run.startedAt ?: now),
    )

/** The dead call as it is once it is replayed at the instant [now]: due at once, and its policy begins anew. */
internal fun StoredCall.replayed(
    now: Long,
    orderSeq: Long,
    isHead: Boolean,
): StoredCall =
    copy(
        state = if (isHead) CallState.READY else CallState.HELD,
        deadReason = null,
        dueAt = now,
        endedAt = null,
        run = PolicyProgress(attemptsBefore = counters.attempts),
        crashedAt = emptyList(),
        cancelRequested = false,
        // A deadline that has passed would end it again before its first attempt.
        order = order.copy(deadline = order.deadline?.takeIf { it > now }),
        orderSeq = orderSeq,
    )

/** @throws DeadlinePassedException if the deadline has passed at the instant [now]: no attempt could be made. */
internal fun NewCall.requireFutureDeadline(now: Long) {
    if (deadline != null && deadline <= now) {
        throw DeadlinePassedException(handler, Instant.ofEpochMilli(deadline))
    }
}
