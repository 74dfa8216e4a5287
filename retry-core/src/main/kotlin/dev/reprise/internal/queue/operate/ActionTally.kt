package dev.reprise.internal.queue.operate

import dev.reprise.queue.operate.AuditEntry
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.Page
import dev.reprise.queue.spi.ActionPage
import dev.reprise.queue.spi.ActionPageResult
import dev.reprise.queue.spi.StoredCall

/** Why an action does not change a call: for this [reason]; its unique key is taken by [keyHolder], if that is the reason. */
internal class Skip(
    val reason: String,
    val keyHolder: String? = null,
) {
    companion object {
        /** The unique key of a call is taken by [holder]. */
        fun ofKey(holder: String): Skip = Skip("KEY_TAKEN", holder)
    }
}

/** What a page of an action did so far. */
internal class ActionTally(
    private val page: ActionPage,
    private val now: Long,
) {
    private val changed = ArrayList<StoredCall>()
    private val skipped = HashMap<String, Int>()
    private val keyHolders = LinkedHashMap<String, String>()
    private var matched = 0

    /** When the next call that is changed is due. */
    val nextDue: Long get() = page.dueAt(changed.size, now)

    /** Counts a call: as changed, unless [skip] says why not. A call that is gone is skipped. */
    fun count(
        call: StoredCall?,
        skip: Skip?,
    ) {
        matched++
        if (skip == null) changed += checkNotNull(call) else skipped.merge(skip.reason, 1, Int::plus)
        skip?.keyHolder?.let { keyHolders[checkNotNull(call).cid] = it }
    }

    /** [entry] with what this page did. The next page writes itself when it is done. */
    fun added(
        entry: AuditEntry,
        found: Page<*>,
    ): AuditEntry {
        val isLimited = entry.state == AuditEntry.State.DONE && found.next != null
        val state = if (isLimited) AuditEntry.State.LIMITED else entry.state
        return entry.copy(matched = entry.matched + matched, changed = entry.changed + changed.size, state = state)
    }

    fun result(found: Page<*>): ActionPageResult =
        ActionPageResult(matched, changed, skipped, found.next, !found.isComplete, now, keyHolders)
}

/** The query in an order that the action itself does not change: it would meet what it made due later again. */
internal fun CallQuery.stable(): CallQuery = if (order == null) order(CallQuery.Order.OLDEST) else this
