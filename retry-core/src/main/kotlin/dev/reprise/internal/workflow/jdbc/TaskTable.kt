package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.workflow.model.ControllerAttempt
import dev.reprise.workflow.model.ControllerHistory
import dev.reprise.workflow.model.TaskState
import dev.reprise.workflow.spi.Intention
import dev.reprise.workflow.spi.StoredFailures
import dev.reprise.workflow.spi.StoredValues
import dev.reprise.workflow.spi.TaskRecord
import java.sql.ResultSet
import kotlin.time.Duration.Companion.nanoseconds

/** The atoms of runs and the attempts of their controllers. */
internal class TaskTable(
    private val filled: (String) -> String,
    private val values: StoredValues,
) {
    /** The row of [record] behind the name of its run. */
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
            if (record.ended) 1 else 0,
            if (record.interrupted) 1 else 0,
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
            attempt.wait.inWholeNanoseconds,
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
        session.update(filled("DELETE FROM {p}attempt WHERE run = ? AND atom = ? AND number >= ?"), run, atom, from)
    }

    /** @throws UnreadableResultException if a value is no longer readable. */
    fun read(
        session: JdbcSession,
        run: String,
    ): List<TaskRecord> {
        val attempts = session.query(filled(GET_ATTEMPTS), run) { it.getString("atom") to attempt(it) }.groupBy({ it.first }, { it.second })
        return session.query(filled(GET_ATOMS), run) { record(it, attempts) }
    }

    private fun attempt(row: ResultSet) =
        ControllerAttempt(
            value = values.decode(row.getString("atom"), row.getString("value")),
            failures = StoredFailures.decodeAll(row.getString("failures")),
            elapsed = row.getLong("elapsed_nanos").nanoseconds,
            wait = row.getLong("wait_nanos").nanoseconds,
        )

    private fun record(
        row: ResultSet,
        attempts: Map<String, List<ControllerAttempt>>,
    ): TaskRecord {
        val name = row.getString("atom")
        val isController = row.getInt("controls") == 1
        return TaskRecord(
            name = name,
            version = row.getString("version"),
            state = TaskState.valueOf(row.getString("state")),
            intention = Intention.valueOf(row.getString("intention")),
            result = values.decode(name, row.getString("result")),
            failure = row.failure("failure"),
            revertResult = values.decode(name, row.getString("revert_result")),
            revertFailure = row.failure("revert_failure"),
            history = if (isController) ControllerHistory(attempts[name].orEmpty(), row.failure("own_failure")) else null,
            progress = row.getDouble("progress"),
            ended = row.getInt("ended") == 1,
            interrupted = row.getInt("interrupted") == 1,
        )
    }

    private fun ResultSet.failure(column: String) = getString(column)?.let(StoredFailures::decode)

    fun remove(
        session: JdbcSession,
        run: String,
    ) {
        session.update(filled("DELETE FROM {p}attempt WHERE run = ?"), run)
        session.update(filled("DELETE FROM {p}atom WHERE run = ?"), run)
    }

    private companion object {
        val ATOM_COLUMNS =
            listOf("version", "state", "intention", "result", "failure", "revert_result", "revert_failure") +
                listOf("controls", "own_failure", "progress", "ended", "interrupted")
        val ATTEMPT_COLUMNS = listOf("value", "failures", "elapsed_nanos", "wait_nanos")
        val PUT_ATOM = upsert("atom", listOf("run", "atom"), ATOM_COLUMNS)
        val PUT_ATTEMPT = upsert("attempt", listOf("run", "atom", "number"), ATTEMPT_COLUMNS)
        val GET_ATOMS = "SELECT atom, ${ATOM_COLUMNS.joinToString()} FROM {p}atom WHERE run = ?"
        val GET_ATTEMPTS = "SELECT atom, ${ATTEMPT_COLUMNS.joinToString()} FROM {p}attempt WHERE run = ? ORDER BY atom, number"

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
