package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import java.util.concurrent.ConcurrentHashMap

/** Statements of PostgreSQL for one run with at most [MOST_ROWS] rows; each is its own transaction. */
internal class LoneStatements(
    private val tables: WorkflowTables,
) {
    /** What a statement does with the run, and how many rows of each table it writes. */
    private data class Shape(
        val hold: RunStep.Hold,
        val hasState: Boolean,
        val definitions: Int,
        val tasks: Int,
        val attempts: Int,
        val failures: Int,
    )

    private val known = ConcurrentHashMap<Shape, String>()

    /** Returns whether [write] counted. */
    fun write(
        session: JdbcSession,
        write: RunWrite,
    ): Boolean =
        when (write) {
            is RunRelease -> tables.runs.release(session, write.claim)
            is RunStep -> step(session, write)
        }

    private fun step(
        session: JdbcSession,
        step: RunStep,
    ): Boolean {
        if (step.rows.isEmpty()) return tables.runs.write(session, step)
        val definitions = if (step.definition == null) 0 else 1
        val shape = Shape(step.hold, step.state != null, definitions, step.tasks.size, step.attempts.size, step.failures.size)
        val sql = known.getOrPut(shape) { statement(shape) }
        return session.query(tables.filled(sql), *tables.runs.valuesOf(step), *step.rows.flatten().toTypedArray()) { true }.isNotEmpty()
    }

    private fun statement(shape: Shape): String {
        val rows =
            listOf(
                RunTable.DEFINITION to shape.definitions,
                TaskTable.TASK to shape.tasks,
                TaskTable.ATTEMPT to shape.attempts,
                TaskTable.FAILURE to shape.failures,
            ).filter { (_, count) -> count > 0 }
        val parts = rows.mapIndexed { i, (table, count) -> ", rows$i AS (${table.writeFew(count)})" }
        return "WITH mine AS (${RunTable.writeOf(shape.hold, shape.hasState)} RETURNING id)${parts.joinToString("")} SELECT id FROM mine"
    }

    companion object {
        /** More are written as arrays. */
        const val MOST_ROWS = 8
    }
}
