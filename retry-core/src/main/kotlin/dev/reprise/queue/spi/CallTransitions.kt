package dev.reprise.queue.spi

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadlinePassedException
import dev.reprise.queue.model.IllegalTransitionException
import dev.reprise.queue.model.RESET_HEADER
import java.time.Instant

/** The transitions of a call, each with a reason. Every store rejects all others. */
public object CallTransitions {
    private val reasons: Map<Pair<CallState, CallState>, String> =
        mapOf(
            (CallState.HELD to CallState.READY) to "the call before it in its order ended",
            (CallState.HELD to CallState.CANCELLED) to "it was cancelled before its turn came",
            (CallState.READY to CallState.RUNNING) to "a worker claimed it",
            (CallState.READY to CallState.CANCELLED) to "it was cancelled while it waited",
            (CallState.RUNNING to CallState.READY) to "it failed and is retried later, was snoozed or released, or its worker died",
            (CallState.RUNNING to CallState.SUCCEEDED) to "its attempt returned",
            (CallState.RUNNING to CallState.DEAD) to "no further attempt is allowed",
            (CallState.RUNNING to CallState.CANCELLED) to "its worker cancelled it",
            (CallState.DEAD to CallState.READY) to "it is replayed",
            (CallState.DEAD to CallState.HELD) to "it is replayed behind another call of its order",
        )

    /** Returns why a call can go from [from] to [to]; null if it cannot. */
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
 * The state of a call after it was accepted, claimed or replayed, the same in every store.
 */

/** The call after a store has accepted it at [now]. */
internal fun NewCall.accepted(
    now: Long,
    orderSeq: Long,
    isHead: Boolean,
): StoredCall {
    val made = if (firstFailure == null) 0 else 1
    return StoredCall(
        cid = cid,
        request = copy(claimedBy = null, claimedIn = null, firstFailure = null, delayMillis = 0),
        state = if (isHead) CallState.READY else CallState.HELD,
        enqueuedAt = now,
        dueAt = dueNoLaterThanDeadline(now + delayMillis),
        counters = CallCounters(attempts = made, failures = made),
        // The policy counts the attempts in the background, not the one of the caller.
        progress = PolicyProgress(attemptsBefore = if (claimedBy == null || claimedIn != null) made else 1),
        orderSeq = orderSeq,
        errorType = firstFailure?.type,
    )
}

/** The call after the worker with the lease [owner] has claimed it at [now]. */
internal fun StoredCall.takenBy(
    owner: String,
    now: Long,
): StoredCall =
    copy(
        state = CallState.RUNNING,
        token = token + 1,
        claim = Claim(owner, token + 1, now),
        hasStarted = false,
        counters = counters.copy(claims = counters.claims + 1),
        progress = progress.copy(startedAt = progress.startedAt ?: now),
    )

/** The dead call after its replay at [now]: due at [dueAt], with a fresh policy. With [resets] its run starts over, if it is a durable workflow. */
internal fun StoredCall.replayed(
    now: Long,
    orderSeq: Long,
    isHead: Boolean,
    dueAt: Long = now,
    resets: Boolean = false,
): StoredCall =
    copy(
        state = if (isHead) CallState.READY else CallState.HELD,
        deadReason = null,
        dueAt = dueAt,
        endedAt = null,
        expiresAt = null,
        progress = PolicyProgress(attemptsBefore = counters.attempts),
        crashedAt = emptyList(),
        cancelRequested = false,
        // A deadline that has passed would end it again before its first attempt.
        request =
            request.copy(
                deadline = request.deadline?.takeIf { it > now },
                headers = request.headers - RESET_HEADER + if (resets) mapOf(RESET_HEADER to "true") else emptyMap(),
            ),
        orderSeq = orderSeq,
    )

/** @throws DeadlinePassedException if the deadline has passed at [now]: no attempt could be made. */
internal fun NewCall.requireFutureDeadline(now: Long) {
    if (deadline != null && deadline <= now) {
        throw DeadlinePassedException(handler, Instant.ofEpochMilli(deadline))
    }
}
