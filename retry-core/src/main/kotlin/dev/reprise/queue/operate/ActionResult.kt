package dev.reprise.queue.operate

/** What an action did, or would do. */
public class ActionResult internal constructor(
    /** True if nothing was changed. */
    public val isDryRun: Boolean,
    /** How many calls matched the query. */
    public val matched: Int,
    /** How many of them were changed, or would be. */
    public val changed: Int,
    /**
     * How many were not, by the reason: `NOT_WAITING`, `RUNNING`, `ENDED`, `UNREADABLE`, `NOT_DEAD`, `KEY_TAKEN`, `NEEDS_RESET`, `LIVE`,
     * `BUSY`.
     */
    public val skipped: Map<String, Int>,
    /** Of the first calls that were skipped as `KEY_TAKEN`, at most 20: their ids, and for each the id of the call that has its unique key. */
    public val keyHolders: Map<String, String>,
    /** The ids of the first calls that were changed, or would be; at most 20. */
    public val sample: List<String>,
    /** False if calls can be left, because the limit, or the bound of what is examined, was reached. */
    public val isComplete: Boolean,
    /** Where the action continues; null if it is complete. */
    public val next: Cursor?,
    /** The entry of the audit; null for a dry run. */
    public val auditId: String?,
) {
    override fun toString(): String =
        "ActionResult($changed of $matched${if (isDryRun) " would be" else ""} changed, skipped $skipped, complete=$isComplete)"
}
