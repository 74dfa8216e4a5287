package dev.reprise.workflow.model

import kotlin.time.Duration
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration

/** What a [RetryController] decides about a failure in its workflow. */
public sealed interface ControllerDecision {
    /**
     * What is in the controller's workflow is reverted, and runs again after [delay].
     *
     * The delay starts when everything is reverted. It passes while the controller is `RUNNING`, before its `execute` is called; the engine
     * continues with other branches meanwhile. The instant of its end is stored: a run that is resumed waits for what is left.
     *
     * @throws IllegalArgumentException if the delay is negative.
     */
    public class Retry internal constructor(
        /** The time between the last revert and the next attempt; zero by default. */
        @get:JvmSynthetic
        public val delay: Duration,
        /** What a policy remembers after this decision. */
        internal val policyState: String?,
    ) : ControllerDecision {
        public constructor(delay: Duration = Duration.ZERO) : this(delay, null)

        init {
            require(!delay.isNegative()) { "delay must not be negative, but was $delay" }
        }

        /** The time between the last revert and the next attempt. */
        public fun getDelay(): java.time.Duration = delay.toJavaDuration()

        override fun equals(other: Any?): Boolean = other is Retry && other.delay == delay

        override fun hashCode(): Int = delay.hashCode()

        override fun toString(): String = "Retry($delay)"
    }

    /** The controller gives up: the controller outside it is consulted. If there is none, everything is reverted. */
    public data object Revert : ControllerDecision

    /** Everything is reverted; no controller outside is consulted. */
    public data object RevertAll : ControllerDecision

    /** The decisions for Java. */
    public companion object {
        /** A [Retry] without a delay. */
        @JvmStatic
        public fun retry(): ControllerDecision = Retry()

        /**
         * A [Retry] after [delay].
         *
         * @throws IllegalArgumentException if the delay is negative.
         */
        @JvmStatic
        public fun retry(delay: java.time.Duration): ControllerDecision = Retry(delay.toKotlinDuration())

        /** [Revert]. */
        @JvmStatic
        public fun revert(): ControllerDecision = Revert

        /** [RevertAll]. */
        @JvmStatic
        public fun revertAll(): ControllerDecision = RevertAll
    }
}
