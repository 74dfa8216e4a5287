package dev.reprise.policy

import kotlin.time.Duration

/** What happens after an attempt that failed: another one after a wait, or none. */
public sealed interface Decision {
    /** Another attempt is made [delay] after the end of the failed one. */
    public data class RetryAfter(
        public val delay: Duration,
    ) : Decision

    /** No further attempt is made, for [reason]. */
    public data class GiveUp(
        public val reason: StopReason,
    ) : Decision
}
