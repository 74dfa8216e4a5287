package dev.reprise.queue.model

/** Where a durable call stands. The moves between the states are in [CallMoves][dev.reprise.queue.spi.CallTransitions]. */
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
