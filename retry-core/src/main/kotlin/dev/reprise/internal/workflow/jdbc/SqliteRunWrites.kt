package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.JdbcSession

/** Writes a group row by row: nothing is gained by large statements where the database is in this process. */
internal class SqliteRunWrites(
    private val tables: WorkflowTables,
) : RunWriteStatements {
    override suspend fun write(group: List<RunWrite>): List<Boolean> =
        tables.transaction { session ->
            prepare(session)
            group.map { write(session, it) }
        }

    private fun write(
        session: JdbcSession,
        write: RunWrite,
    ): Boolean =
        when (write) {
            is RunStep -> tables.runs.write(session, write).also { if (it) writeRows(session, write) }
            is RunRelease -> tables.runs.release(session, write.claim)
        }

    private fun writeRows(
        session: JdbcSession,
        step: RunStep,
    ) {
        step.definition?.let { tables.runs.begin(session, it) }
        tables.tasks.forget(session, step)
        tables.tasks.write(session, step)
    }
}
