package dev.reprise.workflow.spi

import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.Task
import dev.reprise.workflow.model.TaskState

/**
 * The durable state of one task or controller of a run. An immutable value.
 *
 * A store keeps one record for each, by [name]; a later one replaces it. It can leave out the stack traces of the failures, see
 * [RestoredFailure][dev.reprise.policy.RestoredFailure].
 */
public class TaskRecord internal constructor(
    /** The name of the task or controller, unique in its run. */
    public val name: String,
    /** The version that it had when it last changed. */
    public val version: String = Task.DEFAULT_VERSION,
    /** Its state. */
    public val state: TaskState = TaskState.PENDING,
    /** What the engine will do with it. */
    public val intention: Intention = Intention.EXECUTE,
    /** What execute of a task returned. Readable while [state] is `SUCCESS` or `REVERTING`. */
    public val result: Any? = null,
    /** What execute threw. It stays until the task is reset or succeeds. */
    public val failure: Throwable? = null,
    /** What revert returned. */
    public val revertResult: Any? = null,
    /** What revert threw. */
    public val revertFailure: Throwable? = null,
    /** The attempts, if it is a controller. */
    public val history: ControllerHistory? = null,
    /** The progress of execute or revert, from 0 to 1. */
    public val progress: Double = 0.0,
    /**
     * True if execute (or revert) has ended with [result] or [failure] (or those of revert), while [state] is still `RUNNING` (or
     * `REVERTING`): several finished together and this one is not processed yet. It is not called again.
     */
    public val isEnded: Boolean = false,
    /** True if it is being reverted after its process died during execute, so that the end of execute is unknown. */
    public val isInterrupted: Boolean = false,
) {
    /** A builder with the values of this record. */
    public fun toBuilder(): TaskRecordBuilder =
        TaskRecordBuilder(name).also {
            it.version = version
            it.state = state
            it.intention = intention
            it.result = result
            it.failure = failure
            it.revertResult = revertResult
            it.revertFailure = revertFailure
            it.history = history
            it.progress = progress
            it.isEnded = isEnded
            it.isInterrupted = isInterrupted
        }

    internal fun copy(
        state: TaskState = this.state,
        intention: Intention = this.intention,
        result: Any? = this.result,
        failure: Throwable? = this.failure,
        revertResult: Any? = this.revertResult,
        revertFailure: Throwable? = this.revertFailure,
        history: ControllerHistory? = this.history,
        progress: Double = this.progress,
        isEnded: Boolean = this.isEnded,
        isInterrupted: Boolean = this.isInterrupted,
    ) = TaskRecord(
        name,
        version,
        state,
        intention,
        result,
        failure,
        revertResult,
        revertFailure,
        history,
        progress,
        isEnded,
        isInterrupted,
    )

    /** A controller that was not reverted keeps its attempts after a reset, as in TaskFlow. */
    internal fun reset() = TaskRecord(name, version, history = history)

    private fun fields(): List<Any?> =
        listOf(name, version, state, intention, result, failure, revertResult, revertFailure, history, progress, isEnded, isInterrupted)

    override fun equals(other: Any?): Boolean = other === this || (other is TaskRecord && fields() == other.fields())

    override fun hashCode(): Int = name.hashCode()

    /** The name, the state, and the failures. */
    override fun toString(): String =
        "$name $state" + failure?.let { " ($it)" }.orEmpty() + revertFailure?.let { " (revert: $it)" }.orEmpty()
}
