package dev.reprise.workflow.model

/** Keeps the builders of an outer workflow out of an inner one, and those of a workflow out of its tasks. */
@DslMarker
public annotation class WorkflowDsl

/** What the code of a task can see and say while it runs. Made for one call. */
@WorkflowDsl
public sealed class ExecutionScope(
    /** The name of the task. */
    public val name: String,
    private val inputs: Map<String, Any?>,
    private val report: suspend (Double) -> Unit,
) {
    /**
     * The value of something that the task requires.
     *
     * @throws IllegalArgumentException if the task does not require it.
     */
    @Suppress("UNCHECKED_CAST")
    public operator fun <T> get(input: Input<T>): T {
        require(input.key.name in inputs) { "$name does not require ${input.key}" }
        return inputs[input.key.name] as T
    }

    /**
     * Tells how far the task has come. Stored with the task and told to the listener.
     *
     * @throws IllegalArgumentException if [fraction] is not between 0 and 1.
     */
    public suspend fun progress(fraction: Double) {
        require(fraction in 0.0..1.0) { "fraction must be between 0 and 1, but was $fraction" }
        report(fraction)
    }

    internal val values: Map<String, Any?> get() = inputs
}

/** The scope of execute. */
public class TaskScope internal constructor(
    name: String,
    inputs: Map<String, Any?>,
    report: suspend (Double) -> Unit,
) : ExecutionScope(name, inputs, report)

/** The scope of revert. */
public class RevertScope internal constructor(
    name: String,
    inputs: Map<String, Any?>,
    report: suspend (Double) -> Unit,
    /** The failures for which the run is being undone, by the name of the atom. Failures of earlier attempts are not among them. */
    public val failures: Map<String, Throwable>,
) : ExecutionScope(name, inputs, report) {
    /** True if one of [failures], or one of their causes, is an [E]. */
    public inline fun <reified E : Throwable> causedBy(): Boolean =
        ControllerHistory(listOf(ControllerAttempt(null, failures))).causedBy<E>()
}
