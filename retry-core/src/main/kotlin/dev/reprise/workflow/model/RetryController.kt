package dev.reprise.workflow.model

/**
 * Decides what happens when something in its workflow fails, and can provide a value to it: another one for each attempt.
 *
 * The nearest controller around a failed task is consulted first. A controller is a definition: what it has tried is in the
 * [ControllerHistory] that it receives, never in a field. Its functions can be called again after a crash, [onFailure] also for a failure
 * that it has decided before.
 */
public abstract class RetryController<T>(
    /** The name of this controller. Null (the default): the name of its workflow and `_retry`. */
    public val name: String? = null,
    /** The key under which the tasks in its workflow read what [execute] returned. */
    provides: Key<in T>? = null,
    /** What it reads from its histories with [ControllerHistory.get]. */
    public val requires: List<Input<*>> = emptyList(),
    /** The version that is stored with its state. */
    public val version: String = Task.DEFAULT_VERSION,
) {
    internal open val outputs: List<Output> = listOfNotNull(provides?.let { Output(it) })

    /** True if there is nothing to try, which is known before any run. */
    internal open val hasNothingToTry: Boolean get() = false

    /**
     * Starts an attempt; [history] holds the earlier ones. What it returns is provided to the tasks in its workflow. If it throws, the
     * controller outside decides about that failure.
     */
    public abstract suspend fun execute(history: ControllerHistory): T

    /** Decides about the latest failure in [history]. If it throws, the run ends as `FAILURE` and nothing is reverted. */
    public abstract fun onFailure(history: ControllerHistory): ControllerDecision

    /** Called when everything in its workflow is reverted and no further attempt follows. Does nothing by default. */
    public open suspend fun revert(history: ControllerHistory): Any? = null
}
