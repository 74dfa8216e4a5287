package dev.reprise.internal.workflow.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.operate.RunCursor
import dev.reprise.workflow.operate.RunPage
import dev.reprise.workflow.operate.RunQuery
import dev.reprise.workflow.operate.RunSummary
import java.sql.ResultSet
import java.time.Instant

/**
 * Lists of runs, and the removal of old ones. Each state is a part of one index, sorted as the pages are: a page reads a bounded number of entries
 * from each part that it needs.
 */
internal class RunList(
    private val filled: (String) -> String,
) {
    fun page(
        session: JdbcSession,
        query: RunQuery,
        after: String?,
        limit: Int,
    ): RunPage {
        RunCursor.requireLimit(limit)
        val start = RunCursor.of(after)
        val most = if (query.isSelective) RunCursor.EXAMINED else limit + 1
        val found = query.states.ifEmpty { ALL_STATES }.flatMap { examined(session, it, start, most) }
        return RunCursor.page(query, found.sortedBy { it.cursor }.take(most), limit, most)
    }

    private fun examined(
        session: JdbcSession,
        state: WorkflowState,
        start: RunCursor,
        most: Int,
    ): List<RunSummary> = session.query(filled(PAGE), state.name, start.createdAt, start.createdAt, start.id, most, read = ::summary)

    fun find(
        session: JdbcSession,
        run: String,
    ): RunSummary? =
        session.first(filled("$SUMMARY FROM {p}run r LEFT JOIN {p}definition d ON d.run = r.id WHERE r.id = ?"), run, read = ::summary)

    private fun summary(row: ResultSet) =
        RunSummary(
            id = row.getString("id"),
            workflow = row.getString("workflow"),
            state = WorkflowState.valueOf(row.getString("state")),
            isOwned = row.getInt("is_owned") == 1,
            createdAt = Instant.ofEpochMilli(row.getLong("created_at")),
            changedAt = Instant.ofEpochMilli(row.getLong("changed_at")),
            isOfCall = row.getInt("of_call") == 1,
        )

    /** Removes runs that have ended well and have not changed since [before]; returns their ids. */
    fun purge(
        session: JdbcSession,
        before: Instant,
        limit: Int,
    ): List<String> {
        val old =
            ENDED.flatMap { state ->
                session.query(filled(OLD), state.name, before.toEpochMilli(), before.toEpochMilli(), limit) { it.getString(1) }
            }
        val ids = old.take(limit).sorted()
        val removed = session.batch(filled(REMOVE), ids.map { listOf(it, before.toEpochMilli(), ENDED[0].name, ENDED[1].name) })
        return ids.filterIndexed { i, _ -> removed[i] == 1 }
    }

    private companion object {
        val ALL_STATES = WorkflowState.entries
        val ENDED = listOf(WorkflowState.SUCCESS, WorkflowState.REVERTED)
        const val FREE = "(owner IS NULL OR lease_until <= {now})"
        const val SUMMARY =
            "SELECT r.id, r.state, r.created_at, r.changed_at, d.workflow, d.of_call, CASE WHEN $FREE THEN 0 ELSE 1 END AS is_owned"
        const val PAGE =
            "$SUMMARY FROM (SELECT id, state, owner, lease_until, created_at, changed_at FROM {p}run WHERE state = ? AND created_at >= ? " +
                "AND (created_at, id) > (?, ?) ORDER BY created_at, id LIMIT ?) r LEFT JOIN {p}definition d ON d.run = r.id"

        /** A run is changed after it is created: the index leads to those that are old enough. */
        const val OLD =
            "SELECT id FROM {p}run WHERE state = ? AND created_at < ? AND changed_at < ? AND $FREE ORDER BY created_at, id LIMIT ?"
        const val REMOVE = "DELETE FROM {p}run WHERE id = ? AND changed_at < ? AND state IN (?, ?) AND $FREE"
    }
}
