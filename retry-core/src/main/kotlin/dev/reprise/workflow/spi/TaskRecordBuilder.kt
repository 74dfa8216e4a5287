package dev.reprise.workflow.spi

import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.Task
import dev.reprise.workflow.model.TaskState
import java.time.Instant

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
    public var dueAt: Instant? = null
    public var executions: Int = 0
    public var startedAt: Instant? = null
    public var endedAt: Instant? = null

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
            dueAt,
            executions,
            startedAt?.toEpochMilli() ?: TaskRecord.NEVER,
            endedAt?.toEpochMilli() ?: TaskRecord.NEVER,
        )
}
