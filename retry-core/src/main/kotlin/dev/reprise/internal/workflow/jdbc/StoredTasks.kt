package dev.reprise.internal.workflow.jdbc

import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.spi.Intention

/** The rows of one run, with values as the codec wrote them. */
internal class StoredTasks(
    val tasks: List<StoredTask>,
    /** In the order of their numbers. */
    val attempts: List<StoredAttempt>,
)

/** One row of a task or controller. */
internal class StoredTask(
    val name: String,
    val version: String,
    val state: TaskState,
    val intention: Intention,
    val result: String?,
    val failure: String?,
    val revertResult: String?,
    val revertFailure: String?,
    val isController: Boolean,
    val ownFailure: String?,
    val progress: Double,
    val isEnded: Boolean,
    val isInterrupted: Boolean,
    /** In epoch milliseconds, like [startedAt] and [endedAt]. */
    val dueAt: Long?,
    val executions: Int,
    val startedAt: Long?,
    val endedAt: Long?,
)

/** One row of an attempt of a controller. */
internal class StoredAttempt(
    val task: String,
    val value: String?,
    val failures: String,
    val elapsedNanos: Long,
    val delayNanos: Long,
)
