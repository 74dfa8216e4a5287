package dev.reprise.workflow.spi

import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.Task
import dev.reprise.workflow.model.TaskState

/** Builds the [TaskRecord] of the task or controller [name]: for stores that read one. The properties are those of the record. */
public class TaskRecordBuilder(
    private val name: String,
) {
    public var version: String = Task.DEFAULT_VERSION
    public var state: TaskState = TaskState.PENDING
    public var intention: Intention = Intention.EXECUTE
    public var result: Any? = null
    public var failure: Throwable? = null
    public var revertResult: Any? = null
    public var revertFailure: Throwable? = null
    public var history: ControllerHistory? = null
    public var progress: Double = 0.0
    public var isEnded: Boolean = false
    public var isInterrupted: Boolean = false

    /** The record. */
    public fun build(): TaskRecord =
        TaskRecord(
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
}
