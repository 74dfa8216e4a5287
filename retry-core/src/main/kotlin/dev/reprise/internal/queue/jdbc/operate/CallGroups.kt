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
    /** Part of a group: how many calls, and the first and the last of their ids, which begin with the time. */
    private class Counted(
        val key: GroupKey,
        val count: Int,
        val first: String,
        val last: String,
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
        val sums = counted.groupBy { it.key }.values.map(::sum)
        val times = enqueuedAt(session, sums.flatMap { listOf(it.first, it.last) })
        return GroupKey.largest(
            sums.mapNotNull { sum ->
                val (oldest, newest) = (times[sum.first] ?: return@mapNotNull null) to (times[sum.last] ?: return@mapNotNull null)
                sum.key.group(sum.count, oldest, newest, sum.last)
            },
        )
    }

    private fun sum(parts: List<Counted>) =
        Counted(parts.first().key, parts.sumOf { it.count }, parts.minOf { it.first }, parts.maxOf { it.last })

    /** When each of the calls [cids] was accepted, without those that are gone. */
    private fun enqueuedAt(
        session: JdbcSession,
        cids: List<String>,
    ): Map<String, Long> =
        cids
            .distinct()
            .chunked(CHUNK)
            .flatMap { some ->
                val wanted = Conditions().oneOf("cid", some)
                ListTables.ALL.flatMap { table ->
                    val times = sql("SELECT cid, enqueued_at FROM {p}$table WHERE $wanted")
                    session.query(times, *wanted.values.toTypedArray()) { it.getString(1) to it.getLong(2) }
                }
            }.toMap()

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
        val first = "SELECT cid $from ORDER BY cid LIMIT 1"
        val last = "SELECT cid $from ORDER BY cid DESC LIMIT 1"
        val number = "SELECT count(*) FROM (SELECT 1 $from LIMIT ${Group.MOST}) x"
        val values = List(LOOKS_AT_GROUP) { group.condition.values }.flatten().toTypedArray()
        val key =
            GroupKey(
                group.handler.takeIf { GroupBy.HANDLER in by },
                group.errorType.takeIf { GroupBy.ERROR_TYPE in by && it.isNotEmpty() },
                group.version.takeIf { GroupBy.HANDLER_VERSION in by && it >= 0 },
                null,
            )
        return session
            .query(sql("SELECT ($first), ($last), ($number)"), *values) { row ->
                row.getString(1)?.let { Counted(key, row.getInt(3), it, row.getString(2)) }
            }.single()
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
        val examined = walk.examined(plan, entries, residual, by.map { COLUMNS.getValue(it) })
        return counted(session, by, examined, residual, values)
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
            "SELECT $keys, count(*) AS n, min(x.cid) AS first_cid, max(x.cid) AS last_cid FROM $source WHERE $condition GROUP BY $keys"
        return session.query(sql(statement), *values.toTypedArray()) { row ->
            Counted(keyOf(row, by), row.getInt("n"), row.getString("first_cid"), row.getString("last_cid"))
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
        val ofHandlers = handlers.map { due(session, it, first, bucketMillis, buckets) }
        return List(buckets) { bucket -> ofHandlers.sumOf { minOf(it[bucket], MemoryLists.MOST_IN_BUCKET) } }
    }

    /** The calls of [handler] in each bucket, wherever they are. */
    private fun due(
        session: JdbcSession,
        handler: String,
        from: Long,
        bucketMillis: Long,
        buckets: Int,
    ): LongArray {
        val counts = LongArray(buckets)
        for (table in ListTables.LIVE) {
            val counted = sql(DUE.replace("{table}", table))
            session
                .query(counted, from, bucketMillis, buckets, handler) { it.getInt(1) to it.getLong(2) }
                .forEach { (bucket, count) -> counts[bucket] += count }
        }
        return counts
    }

    private companion object {
        const val CHUNK = 500

        /** The first call, the last one, and the number. */
        const val LOOKS_AT_GROUP = 3
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
