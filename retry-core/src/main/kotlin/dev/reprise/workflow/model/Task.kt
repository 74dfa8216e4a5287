package dev.reprise.workflow.model

import dev.reprise.workflow.spi.TaskRecord

/**
 * A task as a class, for tasks that are used in several workflows. Added with [WorkflowBuilder.add].
 *
 * It is a definition and may run many times at once: what it needs comes from its scope, what it makes it returns.
 */
public abstract class Task<R>(
    /** The name, unique among the atoms of a workflow. */
    public val name: String,
    /** What [execute] and [revert] read from their scopes. */
    public val requires: List<Input<*>> = emptyList(),
    /** Where the result is found. Null (the default): only by the handle of the task. */
    public val provides: Key<in R>? = null,
    /** The version that is stored with its state. */
    public val version: String = TaskRecord.DEFAULT_VERSION,
) {
    /** Does the work. What it throws is asked about the controllers around it. */
    public abstract suspend fun execute(scope: TaskScope): R

    /** Undoes the work, however execute ended. Nothing, unless it is overridden. */
    public open suspend fun revert(
        scope: RevertScope,
        outcome: TaskOutcome<R>,
    ): Any? = null

    internal fun handle(): TaskHandle<R> =
        TaskHandle(name, requires, provides, ::execute).version(version).revertOutcome { revert(this, it) }
}
