package dev.reprise.policy

/** Why a run starts no further attempt. Reports, events and metrics have the same value. */
public enum class StopReason {
    /** All allowed attempts, or all delays of a finite schedule, are used. */
    EXHAUSTED,

    /**
     * The next attempt would start at or after the end of `maxDuration`, or a running attempt reached it; or the remote service asks for a
     * delay longer than `maxRetryAfter`.
     */
    DEADLINE,

    /** The policy does not retry this failure. */
    NOT_RETRYABLE,

    /** A stop signal was triggered. */
    STOPPED,

    /** A retry budget was empty. */
    BUDGET,

    /** The run's own coroutine, future or thread was cancelled. */
    CANCELLED,
}
