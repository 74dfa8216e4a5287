package dev.reprise.policy

import kotlin.time.Duration
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/** What happens after a failed attempt: another attempt after a delay, or none. */
public sealed interface Decision {
    /** The delay before the next attempt; null if there is no further attempt. */
    @get:JvmSynthetic
    public val delay: Duration?

    /** Why there is no further attempt; null if there is one. */
    public val stopReason: StopReason?

    /** [delay] for Java. */
    public fun getDelay(): JavaDuration? = delay?.toJavaDuration()

    /** Another attempt starts [delay] after the end of the failed one. */
    public class RetryAfter internal constructor(
        @get:JvmSynthetic override val delay: Duration,
    ) : Decision {
        override val stopReason: StopReason? get() = null

        override fun equals(other: Any?): Boolean = other is RetryAfter && delay == other.delay

        override fun hashCode(): Int = delay.hashCode()

        override fun toString(): String = "RetryAfter(delay=$delay)"
    }

    /** No further attempt starts, for [stopReason]. */
    public class GiveUp internal constructor(
        override val stopReason: StopReason,
    ) : Decision {
        @get:JvmSynthetic
        override val delay: Duration? get() = null

        override fun equals(other: Any?): Boolean = other is GiveUp && stopReason == other.stopReason

        override fun hashCode(): Int = stopReason.hashCode()

        override fun toString(): String = "GiveUp(reason=$stopReason)"
    }

    /** Creates decisions to compare with, as in a test of a policy. */
    public companion object {
        /** Returns the decision to start another attempt after [delay]. */
        @JvmSynthetic
        public fun retryAfter(delay: Duration): Decision = RetryAfter(delay)

        /** Returns the decision to start another attempt after [delay]. */
        @JvmStatic
        public fun retryAfter(delay: JavaDuration): Decision = RetryAfter(delay.toKotlinDuration())

        /** Returns the decision to give up for [reason]. */
        @JvmStatic
        public fun giveUp(reason: StopReason): Decision = GiveUp(reason)
    }
}
