package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.Column
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.spi.Intention
import dev.reprise.workflow.spi.TaskRecord
import java.sql.ResultSet

/**
 * A task that has started for the first time, and of which there is nothing else to store. It is written in the row of its run, as every step writes that
 * row: a row of its own would soon be replaced by that of its end.
 */
internal class StartedTask private constructor(
    val name: String,
    private val version: String,
    private val startedAt: Long,
) {
    /** The row that it stands for. */
    fun stored() =
        StoredTask(
            name,
            version,
            TaskState.RUNNING,
            Intention.EXECUTE,
            result = null,
            failure = null,
            revertResult = null,
            revertFailure = null,
            isController = false,
            ownFailure = null,
            progress = 0.0,
            isEnded = false,
            isInterrupted = false,
            dueAt = null,
            executions = 1,
            startedAt,
            endedAt = null,
        )

    companion object {
        val COLUMNS = listOf("started_task" to "text", "started_version" to "text", "started_at" to "int8")

        /** Sets [COLUMNS] to values. */
        val SET = COLUMNS.joinToString { "${it.first} = ?" }

        /** Reads [COLUMNS]. */
        val GET = "SELECT ${COLUMNS.joinToString { it.first }} FROM {p}run WHERE id = ? AND started_task IS NOT NULL"

        /** The values of [COLUMNS]. */
        fun values(started: StartedTask?): Array<Any?> = arrayOf(started?.name, started?.version, started?.startedAt)

        /** The values of [COLUMNS] for many runs. */
        fun arrays(started: List<StartedTask?>): List<Column> =
            COLUMNS.mapIndexed { i, (_, type) -> Column(type, started.map { values(it)[i] }) }

        fun read(row: ResultSet) = StartedTask(row.getString(1), row.getString(2), row.getLong(3))

        /** Null if [record] says more, or anything else. */
        fun of(record: TaskRecord): StartedTask? {
            val startedAt = record.startedAt?.toEpochMilli() ?: return null
            return if (record.isFirstStart) StartedTask(record.name, record.version, startedAt) else null
        }

        private val TaskRecord.isFirstStart: Boolean
            get() =
                state == TaskState.RUNNING && executions == 1 && history == null && intention == Intention.EXECUTE && endedAt == null &&
                    dueAt == null &&
                    progress == 0.0 && !isEnded && !isInterrupted && listOf(result, failure, revertResult, revertFailure).all { it == null }
    }
}
