package dev.reprise.internal.queue.jdbc.operate

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.queue.jdbc.SqlTemplate
import dev.reprise.internal.queue.operate.ListPlan
import dev.reprise.internal.queue.operate.Place
import dev.reprise.queue.model.CallState

/** The tables of calls that lists go through. */
internal object ListTables {
    val LIVE = listOf("call")
    val ENDED = listOf("ended")
    const val DEAD = "ended"
    val ALL = LIVE + ENDED

    fun of(states: Set<CallState>): List<String> =
        when {
            states == setOf(CallState.DEAD) -> listOf(DEAD)
            ListPlan.LIVE.containsAll(states) -> LIVE
            ListPlan.ENDED.containsAll(states) -> ENDED
            else -> ALL
        }
}

/**
 * One index of one table that a list goes through: the rows of [source] that meet [driving], by [sort] and id. A constant [sort] is that of a
 * list by ids. [table] has the calls, if [source] is not the table of calls.
 */
internal class ListWalk(
    private val source: String,
    private val driving: Conditions,
    private val sort: String = "0",
    private val table: String? = null,
) {
    /** The places of calls that fit, and where the walk stopped; null if it went to the end. */
    class Found(
        val places: List<Place>,
        val end: Place?,
    )

    /** Finds at most [limit] calls that meet [residual] among the first [bound] entries behind [after]. */
    fun find(
        session: JdbcSession,
        sql: SqlTemplate,
        plan: ListPlan,
        residual: Conditions,
        after: Place?,
        limit: Int,
        bound: Int,
    ): Found {
        val entries = entries(plan, after)
        val most = if (residual.isEmpty) limit else bound
        val statement = "SELECT x.sort, x.cid FROM ${examined(plan, entries)} WHERE $residual ${order(plan, "x.sort", "x.cid")} LIMIT ?"
        val values = (entries.values + most + residual.values + limit).toTypedArray()
        val places = session.query(sql(statement), *values) { Place(it.getLong(1), it.getString(2)) }
        if (places.size == limit) return Found(places, places.last())
        return Found(places, if (residual.isEmpty) null else lastExamined(session, sql, plan, entries, bound))
    }

    /** The entry number [bound], if there are so many. */
    private fun lastExamined(
        session: JdbcSession,
        sql: SqlTemplate,
        plan: ListPlan,
        entries: Conditions,
        bound: Int,
    ): Place? {
        val statement = "SELECT $sort AS sort, cid FROM {p}$source WHERE $entries ${order(plan, sort, "cid")} LIMIT 1 OFFSET ?"
        return session.first(sql(statement), *(entries.values + (bound - 1)).toTypedArray()) { Place(it.getLong(1), it.getString(2)) }
    }

    /** The first entries as a table `x`, with the columns that filters use, of which its last value is the number. */
    fun examined(
        plan: ListPlan,
        entries: Conditions,
    ): String {
        val columns = if (table == null) FILTERED else emptyList()
        val selected = (listOf("$sort AS sort", "cid") + columns).joinToString()
        val first = "(SELECT $selected FROM {p}$source WHERE $entries ${order(plan, sort, "cid")} LIMIT ?) x"
        return if (table == null) first else "$first JOIN {p}$table c ON c.cid = x.cid"
    }

    /** What the entries behind [after] meet. */
    fun entries(
        plan: ListPlan,
        after: Place?,
    ): Conditions {
        val behind = if (plan.isDescending) "<" else ">"
        return when {
            after == null -> driving
            sort == "0" -> driving + Conditions().add("cid $behind ?", after.cid)
            else -> driving + Conditions().add("($sort, cid) $behind (?, ?)", after.sort, after.cid)
        }
    }

    private fun order(
        plan: ListPlan,
        sort: String,
        cid: String,
    ): String {
        val direction = if (plan.isDescending) " DESC" else ""
        return "ORDER BY " + if (this.sort == "0") "$cid$direction" else "$sort$direction, $cid$direction"
    }

    companion object {
        /** The columns of calls that filters use. */
        val FILTERED =
            listOf("handler", "state", "dead_reason", "failures", "attempts", "order_key", "unique_key", "orig_cid", "error_type") +
                listOf("handler_version", "enqueued_at", "due_at", "ended_at")
    }
}
