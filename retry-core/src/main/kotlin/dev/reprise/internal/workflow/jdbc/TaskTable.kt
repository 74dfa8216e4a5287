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
            StoredFailures.encodeAll(attempt.failures),
            attempt.elapsed.inWholeNanoseconds,
            attempt.delay.inWholeNanoseconds,
        )

    fun write(
        session: JdbcSession,
        atoms: List<List<Any?>>,
        attempts: List<List<Any?>>,
    ) {
        session.batch(filled(PUT_ATOM), atoms)
        session.batch(filled(PUT_ATTEMPT), attempts)
    }

    /** Removes the attempts of [atom] from the number [from] on. */
    fun forget(
        session: JdbcSession,
        run: String,
        atom: String,
        from: Int,
    ) {
        session.update(filled("DELETE FROM {p}attempt WHERE run = ? AND task = ? AND number >= ?"), run, atom, from)
    }

    /** Reads the rows of [run]. [decode] decodes them outside of the transaction, because it calls user code. */
    fun read(
        session: JdbcSession,
        run: String,
    ): StoredTasks =
        StoredTasks(
            attempts = session.query(filled(GET_ATTEMPTS), run, read = ::storedAttempt),
            tasks = session.query(filled(GET_ATOMS), run, read = ::storedTask),
        )

    private fun storedAttempt(row: ResultSet) =
        StoredAttempt(
            task = row.getString("task"),
            value = row.getString("value"),
            failures = row.getString("failures"),
            elapsedNanos = row.getLong("elapsed_nanos"),
            delayNanos = row.getLong("delay_nanos"),
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
        val attempts = stored.attempts.groupBy({ it.task }, ::attempt)
        return stored.tasks.map { record(it, attempts[it.name].orEmpty()) }
    }

    private fun attempt(row: StoredAttempt) =
        ControllerAttempt(
            value = values.decode(row.task, row.value),
            failures = StoredFailures.decodeAll(row.failures),
            elapsed = row.elapsedNanos.nanoseconds,
            delay = row.delayNanos.nanoseconds,
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

    fun remove(
        session: JdbcSession,
        run: String,
    ) {
        session.update(filled("DELETE FROM {p}attempt WHERE run = ?"), run)
        session.update(filled("DELETE FROM {p}task WHERE run = ?"), run)
    }

    private companion object {
        val ATOM_COLUMNS =
            listOf("version", "state", "intention", "result", "failure", "revert_result", "revert_failure") +
                listOf("is_controller", "own_failure", "progress", "is_ended", "is_interrupted") +
                listOf("due_at", "executions", "started_at", "ended_at")
        val ATTEMPT_COLUMNS = listOf("value", "failures", "elapsed_nanos", "delay_nanos")
        val PUT_ATOM = upsert("task", listOf("run", "task"), ATOM_COLUMNS)
        val PUT_ATTEMPT = upsert("attempt", listOf("run", "task", "number"), ATTEMPT_COLUMNS)
        val GET_ATOMS = "SELECT task, ${ATOM_COLUMNS.joinToString()} FROM {p}task WHERE run = ?"
        val GET_ATTEMPTS = "SELECT task, ${ATTEMPT_COLUMNS.joinToString()} FROM {p}attempt WHERE run = ? ORDER BY task, number"

        fun upsert(
            table: String,
            key: List<String>,
            columns: List<String>,
        ): String {
            val all = key + columns
            return "INSERT INTO {p}$table (${all.joinToString()}) VALUES (${all.joinToString { "?" }}) " +
                "ON CONFLICT (${key.joinToString()}) DO UPDATE SET ${columns.joinToString { "$it = excluded.$it" }}"
        }
    }
}
