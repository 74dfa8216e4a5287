package dev.reprise.internal.queue.operate

import dev.reprise.internal.queue.CorrelationIds
import dev.reprise.queue.operate.ActionResult
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.operate.AuditEntry
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.Cursor
import dev.reprise.queue.operate.OperatorAction
import dev.reprise.queue.spi.ActionPage
import dev.reprise.queue.spi.ActionPageResult
import dev.reprise.queue.spi.CallOperations
import dev.reprise.queue.spi.EndRules
import dev.reprise.queue.spi.StoredCall
import java.time.Instant

/** What an operator asked for. */
internal class ActionRequest(
    val actor: Actor,
    val action: OperatorAction,
    val query: CallQuery,
    val reason: String?,
    val limit: Int,
    val after: Cursor?,
    val rules: EndRules,
)

/** Does an action, page by page, until the matches or the limit are used up. */
internal class ActionRun(
    private val store: CallOperations,
    private val request: ActionRequest,
) {
    private val skipped = HashMap<String, Int>()
    private val keyHolders = LinkedHashMap<String, String>()
    private val sample = ArrayList<String>()
    private var matched = 0
    private var changed = 0
    private var boundedPages = 0
    private var next: Cursor? = request.after
    private var startedAt: Long? = null

    /** Goes through the pages; [onChanged] gets what each has changed. */
    suspend fun run(
        isDryRun: Boolean,
        onChanged: (List<StoredCall>) -> Unit = {},
    ): ActionResult {
        val step = stepMillis(isDryRun)
        // A cursor of another list is rejected before anything is written.
        if (!isDryRun && next != null) store.act(pageOf(null, step))
        val begun = if (isDryRun) null else store.record(entryOf(request))
        do {
            val page = store.act(pageOf(begun, step))
            add(page)
            if (!isDryRun) onChanged(page.changed)
        } while (next != null && matched < request.limit && boundedPages < MOST_BOUNDED_PAGES)
        val state = if (next == null) AuditEntry.State.DONE else AuditEntry.State.LIMITED
        begun?.let { store.record(it.copy(matched, changed, state)) }
        return ActionResult(isDryRun, matched, changed, skipped.toSortedMap(), keyHolders, sample, next == null, next, begun?.id)
    }

    /** Does one page, as large as the limit, by [act], which a caller's transaction is open for. */
    fun runOnce(
        act: (ActionPage) -> ActionPageResult,
        onChanged: (List<StoredCall>) -> Unit,
    ): ActionResult {
        val entry = entryOf(request).copy(state = AuditEntry.State.DONE)
        val action = request.action
        val spread = if (action is OperatorAction.Spread) act(onlyPage(null, 0.0)).changed.size else 0
        val step = if (action is OperatorAction.Spread) action.over.toMillis().toDouble() / maxOf(spread, 1) else rateOf(action)
        val page = act(onlyPage(entry, step))
        add(page)
        onChanged(page.changed)
        return ActionResult(isDryRun = false, matched, changed, skipped.toSortedMap(), keyHolders, sample, next == null, next, entry.id)
    }

    private fun onlyPage(
        entry: AuditEntry?,
        step: Double,
    ) = with(request) { ActionPage(action, query, after, limit, entry, rules, null, 0, step) }

    private fun rateOf(action: OperatorAction) = (action as? OperatorAction.Replay)?.perSecond?.let { MILLIS / it } ?: 0.0

    private fun pageOf(
        begun: AuditEntry?,
        step: Double,
    ) = ActionPage(
        request.action,
        request.query,
        next,
        minOf(PAGE, request.limit - matched),
        begun?.copy(matched, changed),
        request.rules,
        startedAt,
        changed,
        step,
    )

    private fun add(page: ActionPageResult) {
        matched += page.matched
        changed += page.changed.size
        page.skipped.forEach { (reason, count) -> skipped.merge(reason, count, Int::plus) }
        page.keyHolders.entries
            .take(LARGEST_SAMPLE - keyHolders.size)
            .forEach { keyHolders[it.key] = it.value }
        sample += page.changed.take(LARGEST_SAMPLE - sample.size).map { it.cid }
        if (page.isBounded) boundedPages++
        startedAt = startedAt ?: page.now
        next = page.next
    }

    /** The time between two calls of the action. To spread calls evenly they have to be counted first. */
    private suspend fun stepMillis(isDryRun: Boolean): Double {
        val action = request.action
        if (action !is OperatorAction.Spread || isDryRun) return rateOf(action)
        val count = ActionRun(store, request).run(isDryRun = true).changed
        return action.over.toMillis().toDouble() / maxOf(count, 1)
    }

    companion object {
        /** A page of an action changes at most so many calls in its transaction. */
        const val PAGE = 200

        private const val LARGEST_SAMPLE = 20
        private const val MILLIS = 1000.0

        /** 500,000 entries. */
        private const val MOST_BOUNDED_PAGES = 500_000 / ListPlan.MOST_EXAMINED

        /** The entry of an action that is about to begin. */
        fun entryOf(request: ActionRequest): AuditEntry =
            entryOf(request.actor, request.action.toString(), request.query.toString(), request.reason, AuditEntry.State.STARTED)

        fun entryOf(
            actor: Actor,
            action: String,
            query: String,
            reason: String?,
            state: AuditEntry.State,
        ): AuditEntry = AuditEntry(CorrelationIds.next(), Instant.EPOCH, actor, action, query, reason, matched = 0, changed = 0, state)
    }
}
