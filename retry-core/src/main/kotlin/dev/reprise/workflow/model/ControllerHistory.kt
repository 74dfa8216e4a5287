package dev.reprise.workflow.model

import dev.reprise.policy.isOf

/**
 * What a controller has tried so far. An immutable value.
 *
 * [attempts] are the attempts whose execute returned, oldest first, including the running one. It is empty before the first attempt, and
 * after a revert of the controller.
 */
public class ControllerHistory internal constructor(
    /** The attempts, oldest first. */
    public val attempts: List<ControllerAttempt>,
    /** What the controller's own execute threw, if its latest call threw. */
    public val ownFailure: Throwable? = null,
    private val inputs: Map<String, Any?> = emptyMap(),
) {
    /** The number of attempts. */
    public val size: Int get() = attempts.size

    /** What the controller provided, oldest first. */
    public val values: List<Any?> get() = attempts.map { it.value }

    /** The failures of the running attempt by the name of the atom. */
    public val failures: Map<String, Throwable> get() = attempts.lastOrNull()?.failures.orEmpty()

    internal val lastValue: Any? get() = attempts.lastOrNull()?.value

    /** The latest failure of the running attempt. */
    public val lastFailure: Throwable? get() = attempts.lastOrNull()?.lastFailure

    /**
     * The value of something that the controller requires.
     *
     * @throws IllegalArgumentException if the controller does not require it.
     */
    @Suppress("UNCHECKED_CAST")
    public operator fun <T> get(input: Input<T>): T {
        require(input.key.name in inputs) { "the controller does not require ${input.key}" }
        return inputs[input.key.name] as T
    }

    /** True if a failure of the running attempt, or one of its causes, is an [E]. */
    public inline fun <reified E : Throwable> causedBy(): Boolean = causedBy(E::class.java)

    /** True if a failure of the running attempt, or one of its causes, is a [type]. */
    public fun causedBy(type: Class<out Throwable>): Boolean = failures.values.any { it.isCausedBy(type) }

    internal fun with(inputs: Map<String, Any?>) = ControllerHistory(attempts, ownFailure, inputs)

    internal fun started(value: Any?) = ControllerHistory(attempts + ControllerAttempt(value), null)

    internal fun broken(failure: Throwable) = ControllerHistory(attempts, failure)

    internal fun mapLast(change: (ControllerAttempt) -> ControllerAttempt): ControllerHistory =
        if (attempts.isEmpty()) this else ControllerHistory(attempts.dropLast(1) + change(attempts.last()), ownFailure)

    internal fun mapValues(change: (Any?) -> Any?) = ControllerHistory(attempts.map { it.withValue(change(it.value)) }, ownFailure)

    internal fun mapFailures(change: (Throwable) -> Throwable) =
        ControllerHistory(attempts.map { it.mapFailures(change) }, ownFailure?.let(change))

    internal fun forgotten() = ControllerHistory(emptyList(), ownFailure)

    /** The attempts, and the controller's own failure. */
    override fun toString(): String = attempts.toString() + ownFailure?.let { " own failure: $it" }.orEmpty()

    public companion object {
        internal val none = ControllerHistory(emptyList(), null)

        /** A history of [attempts], for tests of controllers and for stores. */
        @JvmStatic
        @JvmOverloads
        public fun of(
            attempts: List<ControllerAttempt>,
            ownFailure: Throwable? = null,
        ): ControllerHistory = ControllerHistory(attempts, ownFailure)
    }
}

private const val DEEPEST_CAUSE = 100

/** Looks at the failure and its causes, live or restored. Bounded, because causes can be circular. */
internal fun Throwable.isCausedBy(type: Class<out Throwable>): Boolean =
    generateSequence(this) { it.cause }.take(DEEPEST_CAUSE).any { it.isOf(type) }
