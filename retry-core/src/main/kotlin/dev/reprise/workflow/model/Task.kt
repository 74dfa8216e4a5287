package dev.reprise.workflow.model

/**
 * A task as a class, for tasks that are used in several workflows. Added with [WorkflowBuilder.add].
 *
 * It is a definition and can run many times at once: what it needs comes from its scope, and it returns what it creates.
 */
public abstract class Task<R>(
    /** The name, unique among the atoms of a workflow. */
    public val name: String,
    /** What [execute] and [revert] read from their scopes. */
    public val requires: List<Input<*>> = emptyList(),
    /** The key of the result. Null (the default): only the handle of the task reads it. */
    public val provides: Key<in R>? = null,
    /** The version that is stored with its state. */
    public val version: String = DEFAULT_VERSION,
) {
    /** Does the work. If it throws, the controllers around the task decide what happens. */
    public abstract suspend fun execute(scope: TaskScope): R

    /** Undoes the work, however execute ended. Default: nothing. */
    public open suspend fun revert(
        scope: RevertScope,
        outcome: TaskOutcome<R>,
    ): Any? = null

    internal fun handle(): TaskHandle<R> =
        TaskHandle(name, requires, provides, ::execute).version(version).revertOutcome { revert(this, it) }

    public companion object {
        /** The default version of a task or a controller. */
        public const val DEFAULT_VERSION: String = "1.0"
    }
}
