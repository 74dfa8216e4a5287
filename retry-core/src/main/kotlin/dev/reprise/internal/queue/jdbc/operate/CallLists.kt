package dev.reprise.internal.queue.jdbc.operate

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.jdbc.intOrNull
import dev.reprise.internal.jdbc.longOrNull
import dev.reprise.internal.queue.jdbc.CallQueries
import dev.reprise.internal.queue.jdbc.CallTable
import dev.reprise.internal.queue.jdbc.SqlTemplate
import dev.reprise.internal.queue.jdbc.UniqueKeys
import dev.reprise.internal.queue.operate.ListPlan
import dev.reprise.internal.queue.operate.ListPlan.Walk
import dev.reprise.internal.queue.operate.Place
import dev.reprise.internal.queue.operate.WorkerText
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.CallSummary
import dev.reprise.queue.operate.Cursor
import dev.reprise.queue.operate.Page
import java.sql.ResultSet
import java.time.Instant

/** Pages of calls: first the places of those that fit, then what is shown of each. */
internal class CallLists(
    private val sql: SqlTemplate,
    private val queries: CallQueries,
    private val workers: WorkerTable,
) {
    private val walks = ListWalks(sql)

    /** The plan of [query]; null if no call can fit. */
    fun planOf(
        session: JdbcSession,
        query: CallQuery,
    ): ListPlan? = ListPlan.of(query, query.lane?.let { WorkerText.handlersOf(it, workers.all(session)) })

    /** The ids of a page. */
    fun page(
        session: JdbcSession,
        query: CallQuery,
        after: Cursor?,
        limit: Int,
    ): Page<String> {
        val plan = planOf(session, query) ?: return Page(emptyList(), null, isComplete = true)
        val start = after?.let(plan::place)
        return when (plan.walk) {
            Walk.UNIQUE_KEY -> holder(session, plan, start)
            Walk.TAG -> tagged(session, plan, start, limit)
            else -> page(session, plan, start, limit)
        }
    }

    /** Some entries of the tag after the other, and those of their calls that fit, whatever table they are in. */
    private fun tagged(
        session: JdbcSession,
        plan: ListPlan,
        after: Place?,
        limit: Int,
    ): Page<String> {
        val found = ArrayList<String>()
        var last = after?.cid
        var examined = 0
        var isEnd = false
        while (!isEnd && found.size <= limit && examined < ListPlan.MOST_EXAMINED) {
            val size = if (examined == 0) minOf(limit + 1, MOST_TAGGED) else MOST_TAGGED
            val entries = entries(session, plan, last, size)
            val fitting =
                fitting(
                    session,
                    plan,
                    plan.query.tags
                        .drop(1)
                        .fold(entries) { cids, tag -> tagged(session, cids, tag) },
                )
            found += entries.filter { it in fitting }
            isEnd = entries.size < size
            last = entries.lastOrNull() ?: last
            examined += entries.size
        }
        val items = found.take(limit)
        val next = if (found.size > limit) items.last() else last.takeUnless { isEnd }
        return Page(items, next?.let { plan.cursor(Place(0, it)) }, isComplete = next == null || items.size == limit)
    }

    private fun entries(
        session: JdbcSession,
        plan: ListPlan,
        after: String?,
        limit: Int,
    ): List<String> {
        val direction = if (plan.isDescending) "DESC" else "ASC"
        val tagged = Conditions().add("tag = ?", plan.query.tags.first()) + plan.ids(after)
        val values = (tagged.values + limit).toTypedArray()
        return session.query(sql("SELECT cid FROM {p}tag WHERE $tagged ORDER BY cid $direction LIMIT ?"), *values) { it.getString(1) }
    }

    /** Those of [cids] that have [tag]. By their ids, one look for each: a condition of another query could read all entries of the tag. */
    private fun tagged(
        session: JdbcSession,
        cids: List<String>,
        tag: String,
    ): List<String> {
        if (cids.isEmpty()) return cids
        val wanted = Conditions().add("tag = ?", tag).oneOf("cid", cids)
        return session.query(sql("SELECT cid FROM {p}tag WHERE $wanted"), *wanted.values.toTypedArray()) { it.getString(1) }
    }

    private fun fitting(
        session: JdbcSession,
        plan: ListPlan,
        cids: List<String>,
    ): Set<String> =
        ListTables.of(plan.states).flatMapTo(HashSet()) { table ->
            if (cids.isEmpty()) return emptySet()
            val wanted = Conditions().oneOf("cid", cids) + walks.residual(plan, table)
            session.query(sql("SELECT cid FROM {p}$table x WHERE $wanted"), *wanted.values.toTypedArray()) { it.getString(1) }
        }

    private fun holder(
        session: JdbcSession,
        plan: ListPlan,
        after: Place?,
    ): Page<String> {
        val cid = session.first(sql("SELECT cid ${UniqueKeys.TAKEN}"), plan.query.uniqueKey) { it.getString(1) }
        val call = cid?.takeIf { after == null }?.let { queries.find(session, it) }?.takeIf(plan::accepts)
        return Page(listOfNotNull(call?.cid), null, isComplete = true)
    }

    /** The place of the live call at the head of the order that is listed, unless it is before [after]. */
    private fun head(
        session: JdbcSession,
        plan: ListPlan,
        after: Place?,
    ): Place? {
        if (plan.walk != Walk.ORDER_KEY) return null
        val cid = session.first(sql("SELECT head FROM {p}order_key WHERE order_key = ?"), plan.query.orderKey) { it.getString(1) }
        val call = cid?.let { queries.find(session, it) }?.takeIf { !it.state.isEnd && plan.accepts(it) } ?: return null
        return plan.placeOf(call).takeIf { after == null || it > after }
    }

    /** What lies behind the place where one of the walks stopped is left to the next page: another walk can have entries before it. */
    private fun page(
        session: JdbcSession,
        plan: ListPlan,
        after: Place?,
        limit: Int,
    ): Page<String> {
        val found = walks.found(session, plan, after, limit + 1)
        val end = found.mapNotNull { it.end }.minWithOrNull(plan.comparator)
        val places =
            (found.flatMap { it.places } + listOfNotNull(head(session, plan, after)))
                .filter {
                    end == null ||
                        plan.comparator.compare(it, end) <= 0
                }.sortedWith(plan.comparator)
        val page = places.take(limit)
        val next = if (places.size > limit) page.last() else end
        return Page(page.map { it.cid }, next?.let(plan::cursor), isComplete = next == null || page.size == limit)
    }

    /** What is shown of the calls [cids], in this sequence; those that are gone are left out. */
    fun summaries(
        session: JdbcSession,
        cids: List<String>,
    ): List<CallSummary> {
        if (cids.isEmpty()) return emptyList()
        val ids = cids.joinToString { "?" }
        val statement = ListTables.ALL.joinToString(" UNION ALL ") { "SELECT $SHOWN FROM {p}$it WHERE cid IN ($ids)" }
        val values = List(ListTables.ALL.size) { cids }.flatten().toTypedArray()
        val shown = session.query(sql(statement), *values, read = ::summary).filterNotNull().associateBy { it.cid }
        return cids.mapNotNull { shown[it] }
    }

    /** Null for a call in a state of a newer program. */
    private fun summary(row: ResultSet): CallSummary? {
        val state = CallTable.stateOf(row.getString("state")) ?: return null
        return CallSummary
            .builder(row.getString("cid"), row.getString("handler"), state)
            .apply {
                deadReason = row.getString("dead_reason")?.let { name -> DeadReason.entries.find { it.name == name } }
                title = row.getString("title")
                tags = row.getString("tags")?.split('\n').orEmpty()
                attempts = row.getInt("attempts")
                failures = row.getInt("failures")
                crashes = row.getInt("crashes")
                errorType = row.getString("error_type")
                handlerVersion = row.intOrNull("handler_version")
                enqueuedAt = Instant.ofEpochMilli(row.getLong("enqueued_at"))
                dueAt = Instant.ofEpochMilli(row.getLong("due_at"))
                endedAt = row.longOrNull("ended_at")?.let(Instant::ofEpochMilli)
                deadline = row.longOrNull("deadline")?.let(Instant::ofEpochMilli)
                policy = row.getString("policy")
                priority = row.getInt("priority")
                orderKey = row.getString("order_key")
                uniqueKey = row.getString("unique_key")
                origCid = row.getString("orig_cid")
                worker = row.getString("owner")
                requestBytes = row.getInt("request_bytes")
                responseBytes = row.intOrNull("response_bytes")
            }.build()
    }

    private companion object {
        /** How many entries of a tag are looked at at a time. */
        const val MOST_TAGGED = 500

        const val SHOWN =
            "cid, handler, state, dead_reason, title, tags, attempts, failures, crashes, error_type, handler_version, enqueued_at, " +
                "due_at, ended_at, deadline, policy, priority, order_key, unique_key, orig_cid, owner, " +
                "length(payload) AS request_bytes, length(response) AS response_bytes"
    }
}
