package dev.reprise.workflow.model

import kotlin.reflect.KClass
import kotlin.time.Duration

/** One attempt of a controller: what it provided, and how the atoms under it failed in it. */
public class ControllerAttempt(
    /** What the controller's execute returned. */
    public val value: Any?,
    /** The failures of this attempt by the name of the atom, in the order in which they came. An inner controller that gave up stands here by its own name. */
    public val failures: Map<String, Throwable> = emptyMap(),
    /** The time from the start of the first attempt to the latest of [failures], without the time in which no process ran. */
    public val elapsed: Duration = Duration.ZERO,
    /** The wait that was decided on after this attempt. */
    public val wait: Duration = Duration.ZERO,
) {
    internal val lastFailure: Throwable? get() = failures.values.lastOrNull()

    internal fun plus(
        atom: String,
        failure: Throwable,
        elapsed: Duration,
    ) = if (atom in failures) this else ControllerAttempt(value, failures + (atom to failure), elapsed, wait)

    internal fun then(wait: Duration) = ControllerAttempt(value, failures, elapsed, wait)
}

/**
 * What a controller has tried so far. An immutable value.
 *
 * [attempts] are the attempts whose execute returned, oldest first; the running one is among them. It is empty before the first, and again
 * after a revert of the controller.
 */
public class ControllerHistory internal constructor(
    /** The attempts, oldest first. */
    public val attempts: List<ControllerAttempt>,
    /** What the controller's own execute threw, if its latest call threw. */
    public val ownFailure: Throwable?,
    private val inputs: Map<String, Any?> = emptyMap(),
) {
    /** A history of [attempts], for tests of controllers and for stores. */
    public constructor(attempts: List<ControllerAttempt>, ownFailure: Throwable? = null) : this(attempts, ownFailure, emptyMap())

    /** The number of attempts. */
    public val size: Int get() = attempts.size

    /** What the controller provided, oldest first. */
    public val values: List<Any?> get() = attempts.map { it.value }

    /** The failures of the running attempt by the name of the atom. */
    public val failures: Map<String, Throwable> get() = attempts.lastOrNull()?.failures.orEmpty()

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
    public inline fun <reified E : Throwable> causedBy(): Boolean = causedBy(E::class)

    /** True if a failure of the running attempt, or one of its causes, is a [type]. */
    public fun causedBy(type: KClass<out Throwable>): Boolean = failures.values.any { it.isCausedBy(type) }

    internal fun with(inputs: Map<String, Any?>) = ControllerHistory(attempts, ownFailure, inputs)

    internal fun started(value: Any?) = ControllerHistory(attempts + ControllerAttempt(value), null)

    internal fun broken(failure: Throwable) = ControllerHistory(attempts, failure)

    internal fun mapLast(change: (ControllerAttempt) -> ControllerAttempt): ControllerHistory =
        if (attempts.isEmpty()) this else ControllerHistory(attempts.dropLast(1) + change(attempts.last()), ownFailure)

    internal fun mapValues(change: (Any?) -> Any?) =
        ControllerHistory(attempts.map { ControllerAttempt(change(it.value), it.failures, it.elapsed, it.wait) }, ownFailure)

    internal fun forgotten() = ControllerHistory(emptyList(), ownFailure)

    internal companion object {
        val none = ControllerHistory(emptyList(), null)
    }
}

private const val DEEPEST_CAUSE = 100

/** Looks at the failure and its causes; a [RestoredFailure] answers by the names that it kept. Bounded, as causes may run in a circle. */
internal fun Throwable.isCausedBy(type: KClass<out Throwable>): Boolean =
    generateSequence(this) { it.cause }.take(DEEPEST_CAUSE).any {
        type.java.isInstance(it) || (it is RestoredFailure && type.java.name in it.types)
    }
