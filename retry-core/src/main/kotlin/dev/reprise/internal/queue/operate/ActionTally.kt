package dev.reprise.internal.queue.operate

import dev.reprise.queue.operate.AuditEntry
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.Page
import dev.reprise.queue.spi.ActionPage
import dev.reprise.queue.spi.ActionPageResult

/** What a page of an action did so far. */
internal class ActionTally(
    private val page: ActionPage,
    private val now: Long,
) {
    private val changed = ArrayList<String>()
    private val skipped = HashMap<String, Int>()
    private var matched = 0

    /** When the next call that is changed is due. */
    val nextDue: Long get() = page.dueAt(changed.size, now)

    /** Counts a call: as changed, unless [skip] says why not. */
    fun count(
        cid: String,
        skip: String?,
    ) {
        matched++
        if (skip == null) changed += cid else skipped.merge(skip, 1, Int::plus)
    }

    /** [entry] with what this page did. Whoever goes on afterwards writes itself that it is done. */
    fun added(
        entry: AuditEntry,
        found: Page<*>,
    ): AuditEntry {
        val isLimited = entry.state == AuditEntry.State.DONE && found.next != null
        val state = if (isLimited) AuditEntry.State.LIMITED else entry.state
        return entry.copy(matched = entry.matched + matched, changed = entry.changed + changed.size, state = state)
    }

    fun result(found: Page<*>): ActionPageResult = ActionPageResult(matched, changed, skipped, found.next, !found.isComplete, now)
}

/** The query in an order that the action itself does not change: it would meet what it made due later again. */
internal fun CallQuery.stable(): CallQuery = if (order == null) order(CallQuery.Order.OLDEST) else this
