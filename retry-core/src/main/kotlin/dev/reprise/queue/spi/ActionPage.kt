package dev.reprise.queue.spi

import dev.reprise.queue.operate.AuditEntry
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.Cursor
import dev.reprise.queue.operate.OperatorAction

/** A part of an action, which a store does in one transaction. */
public class ActionPage internal constructor(
    /** What is done. */
    public val action: OperatorAction,
    /** To which calls. */
    public val query: CallQuery,
    /** Behind which place; null: from the start. */
    public val after: Cursor?,
    /** To at most so many calls. */
    public val limit: Int,
    /** The entry of the audit with the counts so far, to which those of this page are added; null for a dry run, which changes nothing. */
    public val entry: AuditEntry?,
    /** What follows the end of a call. */
    public val rules: EndRules,
    /** When the first page was done, on the clock of the store; null for the first page. */
    public val startedAt: Long?,
    /** How many calls were changed by the pages before. */
    public val changedBefore: Int,
    /** How long after the call before it a call is due, in milliseconds; zero: all at once. */
    public val stepMillis: Double,
) {
    /** When the call is due that is changed as number [index] of this page, from zero; [now] is the clock of the store. */
    public fun dueAt(
        index: Int,
        now: Long,
    ): Long = (startedAt ?: now) + ((changedBefore + index) * stepMillis).toLong()
}

/** What a page of an action did, or would do. */
public class ActionPageResult(
    /** How many calls matched. */
    public val matched: Int,
    /** Those that were changed, or would be, as they were before. */
    public val changed: List<StoredCall>,
    /** How many were not, by the reason. */
    public val skipped: Map<String, Int>,
    /** Where the next page starts; null if this was the last one. */
    public val next: Cursor?,
    /** True if the bound of what is examined for a page was reached. */
    public val isBounded: Boolean,
    /** The clock of the store. */
    public val now: Long,
    /** For calls that were skipped because their unique key is taken: by which call. */
    public val keyHolders: Map<String, String>,
)
