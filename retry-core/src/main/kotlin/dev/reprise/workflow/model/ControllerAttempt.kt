package dev.reprise.workflow.model

import kotlin.time.Duration
import kotlin.time.toJavaDuration
import kotlin.time.toKotlinDuration

/** One attempt of a controller: what it provided, and how the tasks in its workflow failed. An immutable value. */
public class ControllerAttempt internal constructor(
    /** What the controller's execute returned. */
    public val value: Any?,
    /**
     * The failures of this attempt by task, in the order in which they occurred. They include an inner controller that gave up, under its
     * own name.
     */
    public val failures: Map<String, Throwable> = emptyMap(),
    /** The time from the start of the first attempt to the latest of [failures], without the time in which no process ran. */
    @get:JvmSynthetic
    public val elapsed: Duration = Duration.ZERO,
    /** The delay that was decided after this attempt. */
    @get:JvmSynthetic
    public val delay: Duration = Duration.ZERO,
) {
    /** The time from the start of the first attempt to the latest of [failures], without the time in which no process ran. */
    public fun getElapsed(): java.time.Duration = elapsed.toJavaDuration()

    /** The delay that was decided after this attempt. */
    public fun getDelay(): java.time.Duration = delay.toJavaDuration()

    internal val lastFailure: Throwable? get() = failures.values.lastOrNull()

    internal fun plus(
        task: String,
        failure: Throwable,
        elapsed: Duration,
    ) = if (task in failures) this else ControllerAttempt(value, failures + (task to failure), elapsed, delay)

    internal fun then(delay: Duration) = ControllerAttempt(value, failures, elapsed, delay)

    internal fun withValue(value: Any?) = ControllerAttempt(value, failures, elapsed, delay)

    internal fun mapFailures(change: (Throwable) -> Throwable) =
        ControllerAttempt(value, failures.mapValues { change(it.value) }, elapsed, delay)

    override fun toString(): String = if (failures.isEmpty()) "$value" else "$value failed: $failures"

    public companion object {
        /** An attempt, for tests of controllers and for stores. */
        @JvmStatic
        @JvmOverloads
        public fun of(
            value: Any?,
            failures: Map<String, Throwable> = emptyMap(),
            elapsed: java.time.Duration = java.time.Duration.ZERO,
            delay: java.time.Duration = java.time.Duration.ZERO,
        ): ControllerAttempt = ControllerAttempt(value, failures, elapsed.toKotlinDuration(), delay.toKotlinDuration())
    }
}
