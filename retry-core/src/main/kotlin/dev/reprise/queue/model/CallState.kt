package dev.reprise.queue.model

/** The state of a durable call. The transitions are in [CallTransitions][dev.reprise.queue.spi.CallTransitions]. */
public enum class CallState {
    /** Behind another call with the same order key; claims skip it. */
    HELD,

    /** Can be claimed once it is due. */
    READY,

    /** Claimed by a worker. */
    RUNNING,

    /** Ended: an attempt returned. */
    SUCCEEDED,

    /** Ended without success, see [DeadReason]; it is kept and can be replayed. */
    DEAD,

    /** Ended by cancellation. */
    CANCELLED,
    ;

    /** True for a call that has ended. Such calls are in another table than those that claims read. */
    public val isEnd: Boolean get() = this == SUCCEEDED || this == DEAD || this == CANCELLED
}
