package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.Column
import dev.reprise.internal.jdbc.JdbcSession

/**
 * Writes a group as one statement, which is its own transaction: one round trip, however many runs it is for. Only the deletion of attempts needs a
 * statement before that, because the parts of a statement do not see each other's changes. A run that writes alone passes its values one by one: the
 * database reads arrays much more slowly than it writes a few rows.
 */
internal class PostgresRunWrites(
    private val tables: WorkflowTables,
) : RunWriteStatements {
    /** A part of the statement. If it [isCounted], it returns the owners whose writes counted. */
    private class Part(
        val name: String,
        val sql: String,
        val values: List<Column>,
        val isCounted: Boolean = false,
    )

    private val lone = LoneStatements(tables)

    override suspend fun write(group: List<RunWrite>): List<Boolean> {
        val single = group.singleOrNull()?.takeIf { isPlain(group) && it.rows.size <= LoneStatements.MOST_ROWS }
        if (single != null) return listOf(tables.single { lone.write(it, single) })
        val counted = if (isPlain(group)) tables.single { writeAll(it, group) } else inTransaction(group)
        return group.map { it.claim.owner in counted }
    }

    private fun isPlain(group: List<RunWrite>): Boolean =
        tables.isPrepared && group.none { it is RunStep && (it.forgotten.isNotEmpty() || it.isLarge) }

    private val RunStep.isLarge: Boolean get() = rows.size > LARGEST_STATEMENT

    private suspend fun inTransaction(group: List<RunWrite>): Set<String> =
        tables.transaction { session ->
            prepare(session)
            group.forEach { if (it is RunStep) forget(session, it) }
            val (large, small) = group.partition { it is RunStep && it.isLarge }
            val parts = large.flatMap { (it as RunStep).parts(LARGEST_STATEMENT) }.map(::listOf)
            (listOf(small) + parts).filter { it.isNotEmpty() }.flatMap { writeAll(session, it) }.toSet()
        }

    private fun forget(
        session: JdbcSession,
        step: RunStep,
    ) {
        if (step.forgotten.isNotEmpty() && tables.runs.lock(session, step.claim)) tables.tasks.forget(session, step)
    }

    private fun writeAll(
        session: JdbcSession,
        group: List<RunWrite>,
    ): Set<String> {
        val parts = listOfNotNull(released(group)) + steps(group.filterIsInstance<RunStep>())
        val sql =
            parts.joinToString(prefix = "WITH ") { "${it.name} AS (${it.sql})" } +
                parts.filter { it.isCounted }.joinToString(" UNION ALL ", " ") { "SELECT owner FROM ${it.name}" }
        val values = parts.flatMap { it.values }.toTypedArray()
        return session.query(tables.filled(sql), *values) { it.getString(1) }.toSet()
    }

    private fun released(group: List<RunWrite>): Part? =
        group.filterIsInstance<RunRelease>().map { it.claim }.ifEmpty { null }?.let { claims ->
            Part("released", tables.runs.releaseAll, columnsOf(claims), isCounted = true)
        }

    private fun steps(steps: List<RunStep>): List<Part> {
        if (steps.isEmpty()) return emptyList()
        val runs = steps.groupBy { it.hold }.map { (hold, some) -> runs(hold, some) }
        val mine = Part("mine", runs.joinToString(" UNION ALL ") { "SELECT owner FROM ${it.name}" }, emptyList(), isCounted = true)
        return runs + mine +
            listOfNotNull(
                rows("definition", RunTable.DEFINITION, steps) { listOfNotNull(it.definition) },
                rows("task", TaskTable.TASK, steps) { it.tasks },
                rows("attempt", TaskTable.ATTEMPT, steps) { it.attempts },
                rows("failure", TaskTable.FAILURE, steps) { it.failures },
            )
    }

    private fun runs(
        hold: RunStep.Hold,
        steps: List<RunStep>,
    ): Part {
        val values = columnsOf(steps.map { it.claim }) + texts(steps.map { it.state?.name }) + StartedTask.arrays(steps.map { it.started })
        return Part("runs_${hold.name}", tables.runs.writeAll(hold), values)
    }

    private fun rows(
        name: String,
        shape: RowShape,
        steps: List<RunStep>,
        of: (RunStep) -> List<List<Any?>>,
    ): Part? {
        val rows = steps.flatMap { step -> of(step).map { step.claim.owner to it } }
        return if (rows.isEmpty()) null else Part("${name}_rows", shape.writeMine, shape.arrays(rows))
    }

    private fun columnsOf(claims: List<RunOwner>): List<Column> =
        texts(claims.map { it.owner }, claims.map { it.run }) + Column("int8", claims.map { it.token })

    private fun texts(vararg columns: List<String?>): List<Column> = columns.map { Column("text", it) }

    private companion object {
        /** In rows. */
        const val LARGEST_STATEMENT = 5_000
    }
}
