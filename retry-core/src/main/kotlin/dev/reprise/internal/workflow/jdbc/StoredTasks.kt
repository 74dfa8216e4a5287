package dev.reprise.internal.workflow.jdbc

import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.spi.Intention

/** The rows of one run, with values as the codec wrote them. */
internal class StoredTasks(
    rows: List<StoredTask>,
    /** In the order of their numbers. */
    val attempts: List<StoredAttempt>,
    /** In the order in which they occurred. */
    val failures: List<StoredAttemptFailure>,
    val started: StartedTask? = null,
) {
    /** A row from before the start of [started] does not count any longer; a later one does, if the start was read before it. */
    val tasks: List<StoredTask> =
        when {
            started == null || rows.any { it.name == started.name && it.executions > 0 } -> rows
            else -> rows.filter { it.name != started.name } + started.stored()
        }

    companion object {
        /** Of a run of which nothing is stored. */
        val NONE = StoredTasks(emptyList(), emptyList(), emptyList())
    }
}

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
    val number: Int,
    val value: String?,
    val elapsedNanos: Long,
    val delayNanos: Long,
    val policyState: String?,
)

/** One row of a failure of an attempt. */
internal class StoredAttemptFailure(
    /** The controller. */
    val task: String,
    val number: Int,
    /** What failed. */
    val failed: String,
    val failure: String,
)
