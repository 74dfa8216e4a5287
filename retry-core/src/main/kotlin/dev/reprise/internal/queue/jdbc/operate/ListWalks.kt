package dev.reprise.internal.queue.jdbc.operate

import dev.reprise.internal.jdbc.Column
import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.queue.jdbc.PRIORITY_COUNT
import dev.reprise.internal.queue.jdbc.SqlTemplate
import dev.reprise.internal.queue.operate.ListPlan
import dev.reprise.internal.queue.operate.ListPlan.Walk
import dev.reprise.internal.queue.operate.Place
import dev.reprise.queue.model.CallState
import java.sql.ResultSet

/** Which indexes the list of a plan goes through, and what is left to be checked of each entry. */
internal class ListWalks(
    private val sql: SqlTemplate,
) {
    /** What the walks of [plan] find behind [after], each at most [limit] places. */
    fun found(
        session: JdbcSession,
        plan: ListPlan,
        after: Place?,
        limit: Int,
    ): List<ListWalk.Found> {
        if (plan.walk == Walk.DUE && sql.dialect.hasLateral &&
            residual(plan, ListTables.HOT).isEmpty
        ) {
            return due(session, plan, after, limit)
        }
        val all = of(session, plan)
        val bound = maxOf(ListPlan.MOST_EXAMINED / maxOf(all.size, 1), limit)
        return all.map { it.find(session, sql, plan, residual(plan, it.table), after, limit, bound) }
    }

    /** The same looks as those of the walks, in one statement for each table: to plan a hundred statements takes longer than to execute them. */
    private fun due(
        session: JdbcSession,
        plan: ListPlan,
        after: Place?,
        limit: Int,
    ): List<ListWalk.Found> {
        val behind = if (after == null) Conditions() else Conditions().add("(due_at, cid) > (?, ?)", after.sort, after.cid)
        val values = (listOf(Column("text", plan.handlers.toList())) + behind.values + limit + limit).toTypedArray()
        return ListTables.LIVE.map { table ->
            val statement = sql(DUE.replace("{table}", table).replace("{behind}", "$behind"))
            val places = session.query(statement, *values) { Place(it.getLong(1), it.getString(2)) }
            ListWalk.Found(places, places.lastOrNull().takeIf { places.size == limit })
        }
    }

    /** The walks of [plan]; their entries are merged. */
    fun of(
        session: JdbcSession,
        plan: ListPlan,
    ): List<ListWalk> =
        when (plan.walk) {
            Walk.ORDER_KEY -> ordered(plan)
            Walk.ENDED -> ended(plan)
            Walk.DUE -> due(plan)
            Walk.DEAD_GROUPS -> deadGroups(session, plan)?.map { ListWalk(ListTables.DEAD, it.condition) } ?: byIds(plan)
            Walk.FAILING -> failing(session, plan) ?: byIds(plan)
            Walk.RUNNING -> running(session)
            Walk.UNIQUE_KEY, Walk.TAG, Walk.IDS -> byIds(plan)
        }

    private fun byIds(plan: ListPlan) = ListTables.of(plan.states).map { ListWalk(it, Conditions().oneOf("cid", plan.query.cids)) }

    /** The held calls of the order, and the ended ones; its head is found by itself. */
    private fun ordered(plan: ListPlan): List<ListWalk> {
        val held = ListWalk(ListTables.HELD, Conditions().add("state = 'HELD' AND order_key = ?", plan.query.orderKey), "order_seq")
        return listOf(held) + ListTables.of(plan.states intersect ListPlan.ENDED).map { ListWalk(it, Conditions(), ListWalk.AFTER_LIVE) }
    }

    private fun ended(plan: ListPlan): List<ListWalk> =
        ListTables.of(plan.states).map { table ->
            val range =
                Conditions()
                    .ifSet("ended_at >= ?", plan.query.endedSince?.toEpochMilli())
                    .ifSet("ended_at < ?", plan.query.endedBefore?.toEpochMilli())
            ListWalk(table, range, "ended_at")
        }

    /** The lease of a worker is kept as long as a call runs under it. */
    private fun running(session: JdbcSession): List<ListWalk> =
        session.query(sql("SELECT nonce FROM {p}lease ORDER BY nonce")) { it.getString(1) }.map {
            ListWalk(ListTables.HOT, Conditions().add("state = 'RUNNING' AND owner = ?", it))
        }

    /** As a claim does. */
    private fun due(plan: ListPlan): List<ListWalk> =
        ListTables.LIVE.flatMap { table ->
            plan.handlers.flatMap { handler ->
                (0 until PRIORITY_COUNT).map {
                    ListWalk(table, Conditions().add("state = 'READY' AND handler = ? AND priority = ?", handler, it), "due_at")
                }
            }
        }

    private fun failing(
        session: JdbcSession,
        plan: ListPlan,
    ): List<ListWalk>? =
        ListTables.LIVE.flatMap { table ->
            val types =
                plan.query.errorTypes.ifEmpty {
                    distinct(session, table, "error_type", Conditions().add(FAILED), TEXT)
                        ?: return null
                }
            types.map { ListWalk(table, Conditions().add("$FAILED AND error_type = ?", it)) }
        }

    /** Dead calls of one handler, error type and version. */
    class DeadGroup(
        val handler: String,
        val errorType: String,
        val version: Int,
    ) {
        val condition: Conditions
            get() = Conditions().add("handler = ? AND $ERROR = ? AND $VERSION = ?", handler, errorType, version)
    }

    /** The groups of dead calls that the plan allows, by jumps over the index; null if there are too many. */
    fun deadGroups(
        session: JdbcSession,
        plan: ListPlan,
    ): List<DeadGroup>? {
        val groups = ArrayList<DeadGroup>()
        val handlers = plan.handlers.ifEmpty { distinct(session, ListTables.DEAD, "handler", Conditions(), TEXT) ?: return null }
        for (handler in handlers) {
            val ofHandler = Conditions().add("handler = ?", handler)
            val types = plan.query.errorTypes.ifEmpty { distinct(session, ListTables.DEAD, ERROR, ofHandler, TEXT) ?: return null }
            for (type in types) {
                val ofType = ofHandler + Conditions().add("$ERROR = ?", type)
                val versions =
                    plan.query.handlerVersions.ifEmpty {
                        distinct(session, ListTables.DEAD, VERSION, ofType) { it.getInt(1) }
                            ?: return null
                    }
                groups += versions.map { DeadGroup(handler, type, it) }
                if (groups.size > MOST_GROUPS) return null
            }
        }
        return groups
    }

    /** The values of [column], one look at the index for each; null if there are too many. */
    private fun <T : Any> distinct(
        session: JdbcSession,
        table: String,
        column: String,
        condition: Conditions,
        read: (ResultSet) -> T,
    ): List<T>? {
        val found = ArrayList<T>()
        var last: T? = null
        while (found.size <= MOST_GROUPS) {
            val behind = if (last == null) condition else condition + Conditions().add("$column > ?", last)
            val statement = "SELECT $column FROM {p}$table WHERE $behind ORDER BY $column LIMIT 1"
            last = session.first(sql(statement), *behind.values.toTypedArray(), read = read) ?: return found
            found += last
        }
        return null
    }

    /** What [plan] asks of each entry `x` of [table], beside what its walk drives at. */
    fun residual(
        plan: ListPlan,
        table: String,
    ): Conditions {
        val query = plan.query
        val all = Conditions()
        val hasOthers = !plan.states.containsAll(ListTables.statesIn(table)) && plan.walk != Walk.DUE && plan.walk != Walk.RUNNING
        if (hasOthers) all.oneOf("state", plan.states.map { it.name })
        if (plan.walk != Walk.DUE) all.oneOf("handler", plan.handlers)
        all.oneOf("error_type", query.errorTypes)
        all.oneOf("handler_version", query.handlerVersions)
        if (plan.walk == Walk.DUE) all.oneOf("x.cid", query.cids)
        if (query.isWaitingForRetry) all.add("failures > 0")
        if (plan.walk != Walk.TAG) query.tags.forEach { all.add(TAGGED, it) }
        return all
            .ifSet("order_key = ?", query.orderKey)
            .ifSet("unique_key = ?", query.uniqueKey)
            .ifSet("orig_cid = ?", query.origCid)
            .oneOf("dead_reason", query.deadReasons.map { it.name })
            .ifSet("handler_version < ?", query.handlerVersionBelow)
            .ifSet("attempts >= ?", query.minAttempts)
            .ifSet("enqueued_at >= ?", query.enqueuedSince?.toEpochMilli())
            .ifSet("enqueued_at < ?", query.enqueuedBefore?.toEpochMilli())
            .ifSet("due_at >= ?", query.dueSince?.toEpochMilli())
            .ifSet("due_at < ?", query.dueBefore?.toEpochMilli())
            .ifSet("ended_at >= ?", query.endedSince?.toEpochMilli().takeUnless { plan.walk == Walk.ENDED })
            .ifSet("ended_at < ?", query.endedBefore?.toEpochMilli().takeUnless { plan.walk == Walk.ENDED })
    }

    companion object {
        private const val MOST_GROUPS = 50
        private val TEXT: (ResultSet) -> String = { it.getString(1) }

        /** Values: the handlers, what is behind a place, how many of each range, how many in all. */
        private const val DUE =
            "SELECT x.due_at, x.cid FROM unnest(?::text[]) AS w(handler) " +
                "CROSS JOIN generate_series(0, ${PRIORITY_COUNT - 1}) AS p(priority) CROSS JOIN LATERAL " +
                "(SELECT due_at, cid FROM {p}{table} WHERE state = 'READY' AND handler = w.handler " +
                "AND priority = p.priority AND {behind} ORDER BY due_at, cid LIMIT ?) x ORDER BY x.due_at, x.cid LIMIT ?"

        private const val TAGGED = "EXISTS (SELECT 1 FROM {p}tag t WHERE t.tag = ? AND t.cid = x.cid)"

        /** The expressions of the index of dead calls. */
        const val ERROR = "COALESCE(error_type, '')"
        const val VERSION = "COALESCE(handler_version, -1)"

        /** The condition of the index of calls that failed. */
        const val FAILED = "error_type IS NOT NULL"
    }
}
