package dev.reprise.policy

import kotlin.time.Duration
import kotlin.time.toJavaDuration
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

        override fun toString(): String = "RetryAfter($delay)"
    }

    /** No further attempt starts, for [stopReason]. */
    public class GiveUp internal constructor(
        override val stopReason: StopReason,
    ) : Decision {
        @get:JvmSynthetic
        override val delay: Duration? get() = null

        override fun equals(other: Any?): Boolean = other is GiveUp && stopReason == other.stopReason

        override fun hashCode(): Int = stopReason.hashCode()

        override fun toString(): String = "GiveUp($stopReason)"
    }
}
