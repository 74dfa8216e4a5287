package dev.reprise.workflow.model

import dev.reprise.workflow.spi.TaskRecord

/**
 * Decides what happens when something in its workflow fails, and may provide a value to it: another one for each attempt.
 *
 * The nearest controller around a failed atom is asked first. A controller is a definition: what it has tried stands in the [ControllerHistory] that
 * it is given, never in a field. Its functions may be called again after a crash, [onFailure] also for a failure that it was asked about
 * before.
 */
public abstract class RetryController<T>(
    /** The name of this atom. Null (the default): the name of its workflow and `_retry`. */
    public val name: String? = null,
    /** The key under which the atoms inside find what [execute] returned. */
    provides: Key<in T>? = null,
    /** What it reads from its histories with [ControllerHistory.get]. */
    public val requires: List<Input<*>> = emptyList(),
    /** The version that is stored with its state. */
    public val version: String = TaskRecord.DEFAULT_VERSION,
) {
    internal open val outputs: List<Output> = listOfNotNull(provides?.let { Output(it) })

    /** True if it is known before any run that there is nothing to try. */
    internal open val isFutile: Boolean get() = false

    /**
     * Begins an attempt; [history] holds the earlier ones. What it returns is provided to the atoms inside. If it throws, the controller
     * outside is asked about that failure.
     */
    public abstract suspend fun execute(history: ControllerHistory): T

    /** Decides about the latest failure in [history]. If it throws, the run ends as `FAILURE` and nothing is undone. */
    public abstract fun onFailure(history: ControllerHistory): ControllerDecision

    /** Called when everything inside is undone and no further attempt is made. Nothing, unless it is overridden. */
    public open suspend fun revert(history: ControllerHistory): Any? = null
}
