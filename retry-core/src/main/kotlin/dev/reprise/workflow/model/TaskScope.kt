package dev.reprise.workflow.model

/** Keeps the builders of an outer workflow out of an inner one, and those of a workflow out of its tasks. */
@DslMarker
public annotation class WorkflowDsl

/** The inputs of a task while it runs, and where it reports its progress. Created for one call. */
@WorkflowDsl
public sealed class ExecutionScope(
    /** The name of the task. */
    public val name: String,
    internal val inputs: Map<String, Any?>,
    private val report: (Double) -> Unit,
) {
    private var hasEnded = false

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
     * Reports how far the task has come, from any thread. The engine stores it with the task and notifies the listeners, without blocking
     * the caller.
     *
     * @throws IllegalArgumentException if [fraction] is not between 0 and 1.
     * @throws IllegalStateException if the task has ended.
     */
    public fun progress(fraction: Double) {
        require(fraction in 0.0..1.0) { "fraction must be between 0 and 1, but was $fraction" }
        synchronized(this) {
            check(!hasEnded) { "$name has ended: report progress before it returns" }
            report(fraction)
        }
    }

    /** Code that continues after the end of its task no longer reaches the run. */
    internal fun end(): Unit = synchronized(this) { hasEnded = true }
}

/** The scope of execute. */
public class TaskScope internal constructor(
    name: String,
    inputs: Map<String, Any?>,
    report: (Double) -> Unit,
) : ExecutionScope(name, inputs, report)

/** The scope of revert. */
public class RevertScope internal constructor(
    name: String,
    inputs: Map<String, Any?>,
    report: (Double) -> Unit,
    /** The failures for which the run is being reverted, by task. Failures of earlier attempts are not among them. */
    public val failures: Map<String, Throwable>,
) : ExecutionScope(name, inputs, report) {
    /** True if one of [failures], or one of their causes, is an [E]. */
    public inline fun <reified E : Throwable> causedBy(): Boolean = causedBy(E::class.java)

    /** True if one of [failures], or one of their causes, is a [type]. */
    public fun causedBy(type: Class<out Throwable>): Boolean = failures.values.any { it.isCausedBy(type) }
}
