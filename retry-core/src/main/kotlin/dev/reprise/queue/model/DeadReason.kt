package dev.reprise.queue.model

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
