package dev.reprise.policy

/** Why a run made no further attempt. The same value stands in the report, in the events and in metrics. */
public enum class StopReason {
    /** The allowed attempts, or the delays of a finite schedule, are used up. */
    EXHAUSTED,

    /** The next attempt would start at or after the end of `within`, or a running one reached it. */
    DEADLINE,

    /** The failure is not one that the policy retries. */
    ABORTED,

    /** A stop signal was given. */
    STOPPED,

    /** A retry budget had nothing left. */
    BUDGET,

    /** The run's own coroutine, future or thread was cancelled. */
    CANCELLED,
}
