package dev.reprise.queue

/** Where a durable call stands. The moves between the states are in [CallMoves]. */
public enum class CallState {
    /** Behind another call with the same order key; not looked at by any claim. */
    HELD,

    /** May be claimed once it is due. */
    READY,

    /** Claimed by one worker, whose lease is alive or was. */
    RUNNING,

    /** Ended: an attempt returned. */
    SUCCEEDED,

    /** Ended without success, see [DeadReason]; it is kept and can be replayed. */
    DEAD,

    /** Ended because somebody cancelled it. */
    CANCELLED,
    ;

    /** True for a call that has ended. Such calls have left the table that claims look at. */
    public val isEnd: Boolean get() = this == SUCCEEDED || this == DEAD || this == CANCELLED
}

/** Why a call is [CallState.DEAD]. */
public enum class DeadReason {
    /** The policy allows no further attempt: its count, its schedule or its own time is used up. */
    EXHAUSTED,

    /** The deadline of the call has passed, or the next attempt would start at or after it. */
    EXPIRED,

    /** The failure is not one that the policy retries, or the handler rejected the call. */
    REJECTED,

    /** Workers died three times within 72 hours while they held the call. */
    CRASH_LOOP,
}

/** The moves a call can make, a reason per line. Every store refuses all others. */
public object CallMoves {
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

    /** @throws IllegalMoveException if a call cannot go from [from] to [to]. */
    internal fun require(
        from: CallState,
        to: CallState,
    ) {
        if (reason(from, to) == null) throw IllegalMoveException(from, to)
    }
}
