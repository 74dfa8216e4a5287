package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.jdbc.longOrNull
import dev.reprise.workflow.model.ControllerAttempt
import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.operate.TaskSnapshot
import dev.reprise.workflow.spi.Intention
import dev.reprise.workflow.spi.StoredFailures
import dev.reprise.workflow.spi.StoredValues
import dev.reprise.workflow.spi.TaskRecord
import java.sql.ResultSet
import java.time.Instant
import kotlin.time.Duration.Companion.nanoseconds

/** The atoms of runs and the attempts of their controllers. */
internal class TaskTable(
    private val filled: (String) -> String,
    private val values: StoredValues,
) {
    /** The row of [record], after the name of its run. */
    fun row(
        run: String,
        record: TaskRecord,
    ): List<Any?> =
        listOf(
            run,
            record.name,
            record.version,
            record.state.name,
            record.intention.name,
            values.encode(record.name, record.result),
            record.failure?.let(StoredFailures::encode),
            values.encode(record.name, record.revertResult),
            record.revertFailure?.let(StoredFailures::encode),
            if (record.history == null) 0 else 1,
            record.history?.ownFailure?.let(StoredFailures::encode),
            record.progress,
            if (record.isEnded) 1 else 0,
            if (record.isInterrupted) 1 else 0,
            record.dueAt?.toEpochMilli(),
            record.executions,
            record.startedAt?.toEpochMilli(),
            record.endedAt?.toEpochMilli(),
        )

    /** The row of the attempt [number] of the controller [atom]. */
    fun row(
        run: String,
        atom: String,
        number: Int,
        attempt: ControllerAttempt,
    ): List<Any?> =
        listOf(
            run,
            atom,
            number,
            values.encode(atom, attempt.value),
            attempt.elapsed.inWholeNanoseconds,
            attempt.delay.inWholeNanoseconds,
            attempt.policyState,
        )

    /** The rows of [failures] of the attempt [number] of the controller [atom]; the first is at [position]. */
    fun failureRows(
        run: String,
        atom: String,
        number: Int,
        position: Int,
        failures: List<Map.Entry<String, Throwable>>,
    ): List<List<Any?>> =
        failures.mapIndexed { i, (failed, failure) -> listOf(run, atom, number, position + i, failed, StoredFailures.encode(failure)) }

    fun write(
        session: JdbcSession,
        step: RunStep,
    ) {
        session.batch(filled(TASK.write), step.tasks)
        session.batch(filled(ATTEMPT.write), step.attempts)
        session.batch(filled(FAILURE.write), step.failures)
    }

    /** Deletes the attempts that [step] forgets. */
    fun forget(
        session: JdbcSession,
        step: RunStep,
    ) = step.forgotten.forEach { (atom, from) ->
        for (table in listOf("attempt", "failure")) {
            session.update(filled("DELETE FROM {p}$table WHERE run = ? AND task = ? AND number >= ?"), step.claim.run, atom, from)
        }
    }

    /** Reads the rows of [run]. [decode] decodes them outside of the transaction, because it calls user code. */
    fun read(
        session: JdbcSession,
        run: String,
    ): StoredTasks =
        StoredTasks(
            started = session.first(filled(StartedTask.GET), run, read = StartedTask::read),
            attempts = session.query(filled(GET_ATTEMPTS), run, read = ::storedAttempt),
            failures = session.query(filled(GET_FAILURES), run, read = ::storedFailure),
            rows = session.query(filled(GET_ATOMS), run, read = ::storedTask),
        )

    private fun storedAttempt(row: ResultSet) =
        StoredAttempt(
            task = row.getString("task"),
            number = row.getInt("number"),
            value = row.getString("value"),
            elapsedNanos = row.getLong("elapsed_nanos"),
            delayNanos = row.getLong("delay_nanos"),
            policyState = row.getString("policy_state"),
        )

    private fun storedFailure(row: ResultSet) =
        StoredAttemptFailure(
            task = row.getString("task"),
            number = row.getInt("number"),
            failed = row.getString("failed"),
            failure = row.getString("failure"),
        )

    private fun storedTask(row: ResultSet) =
        StoredTask(
            name = row.getString("task"),
            version = row.getString("version"),
            state = TaskState.valueOf(row.getString("state")),
            intention = Intention.valueOf(row.getString("intention")),
            result = row.getString("result"),
            failure = row.getString("failure"),
            revertResult = row.getString("revert_result"),
            revertFailure = row.getString("revert_failure"),
            isController = row.getInt("is_controller") == 1,
            ownFailure = row.getString("own_failure"),
            progress = row.getDouble("progress"),
            isEnded = row.getInt("is_ended") == 1,
            isInterrupted = row.getInt("is_interrupted") == 1,
            dueAt = row.longOrNull("due_at"),
            executions = row.getInt("executions"),
            startedAt = row.longOrNull("started_at"),
            endedAt = row.longOrNull("ended_at"),
        )

    /** The rows for looking only: no value is decoded. */
    fun snapshots(stored: StoredTasks): List<TaskSnapshot> {
        val attempts = stored.attempts.groupingBy { it.task }.eachCount()
        return stored.tasks.map {
            TaskSnapshot(
                it.name,
                it.isController,
                it.state,
                failure = it.failure?.let(StoredFailures::text),
                revertFailure = it.revertFailure?.let(StoredFailures::text),
                it.progress,
                it.executions,
                attempts = attempts[it.name] ?: 0,
                dueAt = it.dueAt?.let(Instant::ofEpochMilli),
                startedAt = it.startedAt?.let(Instant::ofEpochMilli),
                endedAt = it.endedAt?.let(Instant::ofEpochMilli),
            )
        }
    }

    /** @throws dev.reprise.workflow.model.UnreadableResultException if a value cannot be read. */
    fun decode(stored: StoredTasks): List<TaskRecord> {
        val failures = stored.failures.groupBy { it.task to it.number }
        val attempts = stored.attempts.groupBy({ it.task }, { attempt(it, failures[it.task to it.number].orEmpty()) })
        return stored.tasks.map { record(it, attempts[it.name].orEmpty()) }
    }

    private fun attempt(
        row: StoredAttempt,
        failures: List<StoredAttemptFailure>,
    ) = ControllerAttempt(
        value = values.decode(row.task, row.value),
        failures = failures.associate { it.failed to StoredFailures.decode(it.failure) },
        elapsed = row.elapsedNanos.nanoseconds,
        delay = row.delayNanos.nanoseconds,
        policyState = row.policyState,
    )

    private fun record(
        row: StoredTask,
        attempts: List<ControllerAttempt>,
    ) = TaskRecord(
        name = row.name,
        version = row.version,
        state = row.state,
        intention = row.intention,
        result = values.decode(row.name, row.result),
        failure = row.failure?.let(StoredFailures::decode),
        revertResult = values.decode(row.name, row.revertResult),
        revertFailure = row.revertFailure?.let(StoredFailures::decode),
        history = if (row.isController) ControllerHistory(attempts, row.ownFailure?.let(StoredFailures::decode)) else null,
        progress = row.progress,
        isEnded = row.isEnded,
        isInterrupted = row.isInterrupted,
        dueAt = row.dueAt?.let(Instant::ofEpochMilli),
        executions = row.executions,
        startedAtMillis = row.startedAt ?: TaskRecord.NEVER,
        endedAtMillis = row.endedAt ?: TaskRecord.NEVER,
    )

    /** Removes what is stored of [runs] beside their own rows. */
    fun remove(
        session: JdbcSession,
        runs: List<String>,
    ) {
        for (table in listOf("failure", "attempt", "task", "definition")) {
            session.batch(filled("DELETE FROM {p}$table WHERE run = ?"), runs.map(::listOf))
        }
    }

    companion object {
        /** The tasks and controllers of runs. */
        val TASK =
            RowShape(
                "task",
                keys = 2,
                listOf("run" to "text", "task" to "text", "version" to "text", "state" to "text", "intention" to "text") +
                    listOf("result" to "text", "failure" to "text", "revert_result" to "text", "revert_failure" to "text") +
                    listOf("is_controller" to "int4", "own_failure" to "text", "progress" to "float8") +
                    listOf("is_ended" to "int4", "is_interrupted" to "int4", "due_at" to "int8", "executions" to "int4") +
                    listOf("started_at" to "int8", "ended_at" to "int8"),
            )

        /** The attempts of controllers. */
        val ATTEMPT =
            RowShape(
                "attempt",
                keys = 3,
                listOf("run" to "text", "task" to "text", "number" to "int4", "value" to "text") +
                    listOf("elapsed_nanos" to "int8", "delay_nanos" to "int8", "policy_state" to "text"),
            )

        /** The failures of attempts. */
        val FAILURE =
            RowShape(
                "failure",
                keys = 4,
                listOf(
                    "run" to "text",
                    "task" to "text",
                    "number" to "int4",
                    "position" to "int4",
                    "failed" to "text",
                    "failure" to "text",
                ),
            )
        private val GET_ATOMS = "SELECT ${TASK.readColumns} FROM {p}task WHERE run = ?"
        private val GET_ATTEMPTS = "SELECT ${ATTEMPT.readColumns} FROM {p}attempt WHERE run = ? ORDER BY task, number"
        private val GET_FAILURES = "SELECT ${FAILURE.readColumns} FROM {p}failure WHERE run = ? ORDER BY task, number, position"
    }
}
