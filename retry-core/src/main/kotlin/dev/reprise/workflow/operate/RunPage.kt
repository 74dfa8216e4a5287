package dev.reprise.workflow.operate

import dev.reprise.workflow.model.WorkflowState
import java.time.Instant

/** One run in a list. */
public class RunSummary internal constructor(
    /** The id of the run. */
    public val id: String,
    /** The name of its workflow; null if it has not started. */
    public val workflow: String?,
    /** The latest saved state. */
    public val state: WorkflowState,
    /** True if an engine owns it at this moment. */
    public val isOwned: Boolean,
    /** When it was first opened, on the clock of the store. */
    public val createdAt: Instant,
    /** When it was last written, on the clock of the store. */
    public val changedAt: Instant,
    /** True if it is the run of a durable call, whose id it has. */
    public val isOfCall: Boolean,
) {
    internal val cursor: RunCursor get() = RunCursor(createdAt.toEpochMilli(), id)

    /** The id, the workflow and the state. */
    override fun toString(): String = "$id ($workflow) $state"
}

/** Some of the runs that a query asks for, the oldest first. */
public class RunPage internal constructor(
    /** The runs. */
    public val runs: List<RunSummary>,
    /** Where the next page starts, also in another process; null if there is none. */
    public val next: String?,
) {
    /** The runs, and whether there are more. */
    override fun toString(): String = runs.toString() + if (next == null) "" else " …"
}

/** A place in the list of all runs, which are sorted by their creation and then by their ids: both never change. */
internal class RunCursor(
    val createdAt: Long,
    val id: String,
) : Comparable<RunCursor> {
    override fun compareTo(other: RunCursor): Int = compareValuesBy(this, other, { it.createdAt }, { it.id })

    override fun toString(): String = "$createdAt $id"

    companion object {
        val START = RunCursor(Long.MIN_VALUE, "")

        /** The number of runs that are looked at for one page. */
        const val EXAMINED = 5_000

        /** The largest page. */
        const val LARGEST_PAGE = 500

        /** @throws IllegalArgumentException if [text] is no cursor. */
        fun of(text: String?): RunCursor {
            if (text == null) return START
            val createdAt = text.substringBefore(' ').toLongOrNull()
            require(createdAt != null && ' ' in text) { "'$text' is not the cursor of a page of runs" }
            return RunCursor(createdAt, text.substringAfter(' '))
        }

        /** @throws IllegalArgumentException if [limit] is not allowed. */
        fun requireLimit(limit: Int) = require(limit in 1..LARGEST_PAGE) { "limit must be from 1 to $LARGEST_PAGE, but was $limit" }

        /**
         * The page of those of [examined] that fit [query]; [examined] are in order, and all there are after the last page unless they are [most].
         */
        fun page(
            query: RunQuery,
            examined: List<RunSummary>,
            limit: Int,
            most: Int,
        ): RunPage {
            val found = examined.filter(query::accepts)
            val runs = found.take(limit)
            val last = if (found.size > limit) runs.last() else examined.lastOrNull().takeIf { examined.size >= most }
            return RunPage(runs, last?.cursor?.toString())
        }
    }
}
