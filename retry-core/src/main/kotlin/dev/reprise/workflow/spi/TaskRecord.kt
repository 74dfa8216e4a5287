package dev.reprise.workflow.spi

import dev.reprise.internal.workflow.engine.TaskEnd
import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.TaskState

/**
 * All that is known about one atom of a run, and all of it that has to be durable. An immutable value.
 *
 * A store keeps one record for each atom, by [name]; a later one replaces it. What it may leave out is the stack traces of the failures,
 * see [RestoredFailure][dev.reprise.workflow.model.RestoredFailure].
 */
public data class TaskRecord(
    /** The atom's name, unique in its run. */
    public val name: String,
    /** The version that the atom had when it last moved. */
    public val version: String = DEFAULT_VERSION,
    /** Where it stands. */
    public val state: TaskState = TaskState.PENDING,
    /** What is meant to be done with it. */
    public val intention: Intention = Intention.EXECUTE,
    /** What execute of a task returned. Readable while [state] is `SUCCESS` or `REVERTING`. */
    public val result: Any? = null,
    /** What execute threw. It stays until the atom is reset or succeeds. */
    public val failure: Throwable? = null,
    /** What revert returned. */
    public val revertResult: Any? = null,
    /** What revert threw. */
    public val revertFailure: Throwable? = null,
    /** The attempts, if it is a controller. */
    public val history: ControllerHistory? = null,
    /** How far execute or revert has come, from 0 to 1. */
    public val progress: Double = 0.0,
    /**
     * True if execute (or revert) has ended as [result] and [failure] (or those of revert) say, while [state] is still `RUNNING` (or
     * `REVERTING`): several ended at a time, and it is not yet its turn. It is not called again.
     */
    public val ended: Boolean = false,
    /** True if it is being undone although nobody knows how its execute ended: its process died meanwhile. */
    public val interrupted: Boolean = false,
) {
    /** This one with the end of its code, before it is looked at. */
    internal fun endedWith(end: TaskEnd): TaskRecord =
        if (end.reverts) {
            copy(revertResult = end.result, revertFailure = end.failure, ended = true)
        } else {
            copy(result = end.result, failure = end.failure, ended = true)
        }

    /** The end that [endedWith] noted. */
    internal fun end(atom: Int): TaskEnd =
        if (state == TaskState.REVERTING) TaskEnd(atom, true, revertResult, revertFailure) else TaskEnd(atom, false, result, failure)

    /** Attempts of a controller that was not reverted are still known after a reset, as in TaskFlow. */
    internal fun reset() = TaskRecord(name, version, history = history)

    internal companion object {
        const val DEFAULT_VERSION = "1.0"
    }
}
