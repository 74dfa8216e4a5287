package dev.reprise.policy

import kotlin.time.Duration
import kotlin.time.toJavaDuration

/** What happens after an attempt that failed: another one after a delay, or none. */
public sealed interface Decision {
    /** Another attempt starts [delay] after the end of the failed one. */
    public class RetryAfter internal constructor(
        @get:JvmSynthetic
        public val delay: Duration,
    ) : Decision {
        /** [delay] for Java. */
        public fun getDelay(): java.time.Duration = delay.toJavaDuration()

        override fun equals(other: Any?): Boolean = other is RetryAfter && delay == other.delay

        override fun hashCode(): Int = delay.hashCode()

        override fun toString(): String = "RetryAfter($delay)"
    }

    /** No further attempt starts, for [reason]. */
    public class GiveUp internal constructor(
        public val reason: StopReason,
    ) : Decision {
        override fun equals(other: Any?): Boolean = other is GiveUp && reason == other.reason

        override fun hashCode(): Int = reason.hashCode()

        override fun toString(): String = "GiveUp($reason)"
    }
}
