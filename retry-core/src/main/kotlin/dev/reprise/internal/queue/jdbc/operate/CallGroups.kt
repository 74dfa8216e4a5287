package dev.reprise.internal.queue.jdbc.operate

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.jdbc.intOrNull
import dev.reprise.internal.queue.jdbc.PRIORITY_COUNT
import dev.reprise.internal.queue.jdbc.SqlTemplate
import dev.reprise.internal.queue.operate.GroupKey
import dev.reprise.internal.queue.operate.ListPlan
import dev.reprise.internal.queue.operate.ListPlan.Walk
import dev.reprise.internal.queue.operate.MemoryLists
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.Group
import dev.reprise.queue.operate.GroupBy
import java.sql.ResultSet

/** Groups of calls, and how many are due when. */
internal class CallGroups(
    private val sql: SqlTemplate,
    private val lists: CallLists,
) {
    private class Counted(
        val key: GroupKey,
        val count: Int,
        val oldest: Long,
        val newest: Long,
        val sample: String,
    )

    private val walks = ListWalks(sql)

    fun groups(
        session: JdbcSession,
        query: CallQuery,
        by: Set<GroupBy>,
    ): List<Group> {
        val plan = lists.planOf(session, query) ?: return emptyList()
        val jumps = if (isOfDead(plan, by)) walks.deadGroups(session, plan) else null
        val counted =
            when {
                jumps != null -> jumps.mapNotNull { count(session, it, by) }
                plan.walk == Walk.TAG || plan.walk == Walk.UNIQUE_KEY -> countOf(session, query, by)
                else -> walks.of(session, plan).let { all -> all.flatMap { count(session, plan, it, by, all.size) } }
            }
        return GroupKey.largest(counted.groupBy { it.key }.map { (key, parts) -> sum(key, parts) })
    }

    private fun sum(
        key: GroupKey,
        parts: List<Counted>,
    ): Group {
        val newest = parts.maxBy { it.newest }
        return key.group(parts.sumOf { it.count }, parts.minOf { it.oldest }, newest.newest, newest.sample)
    }

    /** True if the index of dead calls has all that the query needs. */
    private fun isOfDead(
        plan: ListPlan,
        by: Set<GroupBy>,
    ): Boolean {
        val rest =
            plan.query
                .handlers()
                .errorTypes()
                .handlerVersions()
                .states()
        val plain = if (plan.query.lane == null) CallQuery.ALL else CallQuery.ALL.lane(plan.query.lane)
        return plan.states == setOf(CallState.DEAD) && GroupBy.DEAD_REASON !in by && rest == plain
    }

    private fun count(
        session: JdbcSession,
        group: ListWalks.DeadGroup,
        by: Set<GroupBy>,
    ): Counted? {
        val from = "FROM {p}${ListTables.DEAD} WHERE ${group.condition}"
        val values = group.condition.values.toTypedArray()
        val one = "SELECT enqueued_at, cid $from ORDER BY cid"
        val oldest = session.first(sql("$one LIMIT 1"), *values) { it.getLong(1) } ?: return null
        val newest = session.first(sql("$one DESC LIMIT 1"), *values) { it.getLong(1) to it.getString(2) } ?: return null
        val count = session.query(sql("SELECT count(*) FROM (SELECT 1 $from LIMIT ${Group.MOST}) x"), *values) { it.getInt(1) }.single()
        val key =
            GroupKey(
                group.handler.takeIf { GroupBy.HANDLER in by },
                group.errorType.takeIf { GroupBy.ERROR_TYPE in by && it.isNotEmpty() },
                group.version.takeIf { GroupBy.HANDLER_VERSION in by && it >= 0 },
                null,
            )
        return Counted(key, count, oldest, newest.first, newest.second)
    }

    /** The groups of the calls on the first page, which is as large as a look. */
    private fun countOf(
        session: JdbcSession,
        query: CallQuery,
        by: Set<GroupBy>,
    ): List<Counted> =
        lists.page(session, query, null, ListPlan.MOST_EXAMINED).items.chunked(CHUNK).flatMap { cids ->
            val wanted = Conditions().oneOf("cid", cids)
            ListTables.ALL.flatMap { counted(session, by, "{p}$it x", wanted, wanted.values) }
        }

    /** The groups among the first entries of a walk. */
    private fun count(
        session: JdbcSession,
        plan: ListPlan,
        walk: ListWalk,
        by: Set<GroupBy>,
        parts: Int,
    ): List<Counted> {
        val entries = walk.entries(plan, null)
        val residual = walks.residual(plan, walk.table)
        val values = entries.values + ListPlan.MOST_EXAMINED / parts + residual.values
        return counted(session, by, walk.examined(plan, entries), residual, values)
    }

    private fun counted(
        session: JdbcSession,
        by: Set<GroupBy>,
        source: String,
        condition: Conditions,
        values: List<Any?>,
    ): List<Counted> {
        val keys = by.sorted().joinToString { COLUMNS.getValue(it) }
        val statement =
            "SELECT $keys, count(*) AS n, min(enqueued_at) AS oldest, max(enqueued_at) AS newest, max(x.cid) AS sample " +
                "FROM $source WHERE $condition GROUP BY $keys"
        return session.query(sql(statement), *values.toTypedArray()) { row ->
            Counted(keyOf(row, by), row.getInt("n"), row.getLong("oldest"), row.getLong("newest"), row.getString("sample"))
        }
    }

    private fun keyOf(
        row: ResultSet,
        by: Set<GroupBy>,
    ) = GroupKey(
        if (GroupBy.HANDLER in by) row.getString("handler") else null,
        if (GroupBy.ERROR_TYPE in by) row.getString("error_type") else null,
        if (GroupBy.HANDLER_VERSION in by) row.intOrNull("handler_version") else null,
        if (GroupBy.DEAD_REASON in by) row.getString("dead_reason")?.let { name -> DeadReason.entries.find { it.name == name } } else null,
    )

    /** As many looks at the index of claims as there are buckets and priorities, in one statement for each handler. */
    fun due(
        session: JdbcSession,
        handlers: Set<String>,
        from: Long?,
        bucketMillis: Long,
        buckets: Int,
    ): List<Long> {
        val first = from ?: sql.now(session)
        val counts = LongArray(buckets)
        for (handler in handlers) {
            for (table in ListTables.LIVE) {
                session
                    .query(
                        sql(DUE.replace("{table}", table)),
                        first,
                        bucketMillis,
                        buckets,
                        handler,
                    ) { it.getInt(1) to it.getLong(2) }
                    .forEach { (bucket, count) ->
                        counts[bucket] += minOf(count, MemoryLists.MOST_IN_BUCKET)
                    }
            }
        }
        return counts.toList()
    }

    private companion object {
        const val CHUNK = 500
        val COLUMNS =
            mapOf(
                GroupBy.HANDLER to "handler",
                GroupBy.ERROR_TYPE to "error_type",
                GroupBy.HANDLER_VERSION to "handler_version",
                GroupBy.DEAD_REASON to "dead_reason",
            )

        /** Four values: the start, the length of a bucket, how many there are, the handler. */
        val DUE =
            "WITH RECURSIVE bucket(n, since, step, most) AS (" +
                "SELECT 0, CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS INTEGER) " +
                "UNION ALL SELECT n + 1, since + step, step, most FROM bucket WHERE n + 1 < most), " +
                "priority(p) AS (SELECT 0 UNION ALL SELECT p + 1 FROM priority WHERE p + 1 < $PRIORITY_COUNT), " +
                "wanted(handler) AS (SELECT CAST(? AS TEXT)) " +
                "SELECT n, sum(found) FROM (SELECT b.n AS n, (SELECT count(*) FROM (SELECT 1 FROM {p}{table} c WHERE c.state = 'READY' " +
                "AND c.handler = w.handler AND c.priority = q.p AND c.due_at >= b.since AND c.due_at < b.since + b.step " +
                "LIMIT ${MemoryLists.MOST_IN_BUCKET}) x) AS found FROM bucket b CROSS JOIN priority q CROSS JOIN wanted w) y GROUP BY n"
    }
}
