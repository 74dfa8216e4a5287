package dev.reprise.internal.queue.jdbc.operate

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.queue.jdbc.CallLocation
import dev.reprise.internal.queue.jdbc.SqlTemplate
import dev.reprise.internal.queue.operate.ListPlan
import dev.reprise.internal.queue.operate.Place
import dev.reprise.queue.model.CallState

/** The tables of calls that lists go through. */
internal object ListTables {
    val LIVE = CallLocation.LIVE.map { it.table }
    val ALL = CallLocation.entries.map { it.table }

    /** Has the running calls, and what is due soon. */
    val HOT = CallLocation.HOT.table

    /** Has the calls that are held. */
    val HELD = CallLocation.COLD.table
    val DEAD = CallLocation.DEAD.table

    /** Where calls in [states] are. */
    fun of(states: Set<CallState>): List<String> =
        states
            .flatMap { if (it.isEnd) listOf(CallLocation.ofEnd(it)) else locationsOf(it) }
            .distinct()
            .sorted()
            .map { it.table }

    /** In which states the calls in [table] are. */
    fun statesIn(table: String): Set<CallState> = CallState.entries.filterTo(HashSet()) { table in of(setOf(it)) }

    private fun locationsOf(live: CallState) =
        when (live) {
            CallState.RUNNING -> listOf(CallLocation.HOT)
            CallState.HELD -> listOf(CallLocation.COLD)
            else -> CallLocation.LIVE
        }
}

/** The ids that a list goes through behind [after]; null: from its start. */
internal fun ListPlan.ids(after: String?): Conditions =
    when {
        isDescending -> Conditions().ifSet("cid < ?", after).ifSet("cid >= ?", firstCid)
        after != null -> Conditions().add("cid > ?", after)
        else -> Conditions().ifSet("cid >= ?", firstCid)
    }

/**
 * One index of one table of calls that a list goes through: the rows of [table] that meet [driving], by [sort] and id. A constant [sort] is
 * that of a list by ids.
 */
internal class ListWalk(
    val table: String,
    private val driving: Conditions,
    private val sort: String = BY_ID,
) {
    private val isConstant = sort == BY_ID || sort == AFTER_LIVE

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
        val statement = "SELECT x.sort, x.cid FROM ${examined(
            plan,
            entries,
            residual,
        )} WHERE $residual ${order(plan, "x.sort", "x.cid")} LIMIT ?"
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
        val statement = "SELECT $sort AS sort, cid FROM {p}$table WHERE $entries ${order(plan, sort, "cid")} LIMIT 1 OFFSET ?"
        return session.first(sql(statement), *(entries.values + (bound - 1)).toTypedArray()) { Place(it.getLong(1), it.getString(2)) }
    }

    /**
     * The first entries as a table `x`, of which its last value is the number. It has the columns that [residual] uses, and [more], and no other
     * one: what an index has need not be read from the rows.
     */
    fun examined(
        plan: ListPlan,
        entries: Conditions,
        residual: Conditions,
        more: Collection<String> = emptySet(),
    ): String {
        val selected = (listOf("$sort AS sort", "cid") + FILTERED.filter { it in more || residual.mentions(it) }).joinToString()
        return "(SELECT $selected FROM {p}$table WHERE $entries ${order(plan, sort, "cid")} LIMIT ?) x"
    }

    /** What the entries behind [after] meet. */
    fun entries(
        plan: ListPlan,
        after: Place?,
    ): Conditions {
        val behind = if (plan.isDescending) "<" else ">"
        return when {
            isConstant -> driving + plan.ids(after?.takeIf { it.sort >= sort.toLong() }?.cid)
            after == null -> driving
            else -> driving + Conditions().add("($sort, cid) $behind (?, ?)", after.sort, after.cid)
        }
    }

    private fun order(
        plan: ListPlan,
        sort: String,
        cid: String,
    ): String {
        val direction = if (plan.isDescending) " DESC" else ""
        return "ORDER BY " + if (isConstant) "$cid$direction" else "$sort$direction, $cid$direction"
    }

    companion object {
        /** The sort value of all entries of a list by ids. */
        const val BY_ID = "0"

        /** The sort value of entries by ids that come behind all live calls of an order. */
        val AFTER_LIVE = ListPlan.AFTER_LIVE.toString()

        /** The columns of calls that filters use. */
        val FILTERED =
            listOf("handler", "state", "dead_reason", "failures", "attempts", "order_key", "unique_key", "orig_cid", "error_type") +
                listOf("handler_version", "enqueued_at", "due_at", "ended_at")
    }
}
