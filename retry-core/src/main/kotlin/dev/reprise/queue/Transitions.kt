package dev.reprise.queue

import java.time.Instant

/*
 * What a call is after it was accepted or replayed, the same in every store.
 */

/** The call as it is once a store has accepted it at the instant [now]. */
internal fun NewCall.accepted(
    now: Long,
    orderSeq: Long,
    isHead: Boolean,
): Call {
    val made = if (firstFailure == null) 0 else 1
    return Call(
        cid = cid,
        order = copy(claimedBy = null, claimedIn = null, firstFailure = null, delayMillis = 0),
        state = if (isHead) CallState.READY else CallState.HELD,
        enqueuedAt = now,
        dueAt = dueNoLaterThanDeadline(now + delayMillis),
        counters = CallCounters(attempts = made, failures = made),
        // The policy counts the attempts in the background, not the one that the caller made or makes.
        run = CallRun(attemptsBefore = if (claimedBy == null || claimedIn != null) made else 1),
        orderSeq = orderSeq,
    )
}

/** The call as it is once the worker with the lease [owner] has taken it at the instant [now]. */
internal fun Call.takenBy(
    owner: String,
    now: Long,
): Call =
    copy(
        state = CallState.RUNNING,
        token = token + 1,
        claim = Claim(owner, token + 1, now),
        counters = counters.copy(claims = counters.claims + 1),
        run = run.copy(startedAt = run.startedAt ?: now),
    )

/** The dead call as it is once it is replayed at the instant [now]: due at once, and its policy begins anew. */
internal fun Call.replayed(
    now: Long,
    orderSeq: Long,
    isHead: Boolean,
): Call =
    copy(
        state = if (isHead) CallState.READY else CallState.HELD,
        deadReason = null,
        dueAt = now,
        endedAt = null,
        run = CallRun(attemptsBefore = counters.attempts),
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
