package dev.reprise.internal.queue.jdbc.operate

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.internal.queue.jdbc.CallAdmin
import dev.reprise.internal.queue.jdbc.SqlTemplate
import dev.reprise.internal.queue.jdbc.UniqueKeys
import dev.reprise.internal.queue.operate.ActionRules
import dev.reprise.internal.queue.operate.ActionTally
import dev.reprise.internal.queue.operate.Skip
import dev.reprise.internal.queue.operate.stable
import dev.reprise.queue.operate.OperatorAction
import dev.reprise.queue.spi.ActionPage
import dev.reprise.queue.spi.ActionPageResult
import dev.reprise.queue.spi.EndRules
import dev.reprise.queue.spi.StoredCall

/** Does a page of an action in an open transaction. */
internal class ActionPages(
    private val sql: SqlTemplate,
    private val lists: CallLists,
    private val admin: CallAdmin,
    private val audit: AuditTable,
    private val workers: WorkerTable,
) {
    private val locks = CallLocks(sql)

    fun act(
        session: JdbcSession,
        page: ActionPage,
    ): ActionPageResult {
        val found = lists.page(session, page.query.stable(), page.after, page.limit)
        val cids = found.items.sorted()
        val locked = if (page.entry == null) CallLocks.Locked(locks.read(session, cids, ""), emptySet()) else locks.lock(session, cids)
        val now = sql.now(session)
        val tally = ActionTally(page, now)
        val rules = workers.announced(session, page.rules)
        val rescheduled = ArrayList<StoredCall>()
        for (cid in cids) {
            val skip = if (cid in locked.busy) Skip("BUSY") else skip(session, page.action, locked.calls[cid], now)
            if (skip == null && page.entry != null) {
                change(session, page, rules, locked.calls.getValue(cid), tally.nextDue, now)?.let { rescheduled += it }
            }
            tally.count(locked.calls[cid], skip)
        }
        admin.reschedule(session, rescheduled)
        page.entry?.let { audit.record(session, tally.added(it, found)) }
        return tally.result(found)
    }

    private fun skip(
        session: JdbcSession,
        action: OperatorAction,
        call: StoredCall?,
        now: Long,
    ): Skip? {
        ActionRules.skip(action, call, now)?.let { return Skip(it) }
        val key = call?.request?.uniqueKey
        if (action !is OperatorAction.Replay || key == null) return null
        val holder = session.first(sql("SELECT cid ${UniqueKeys.TAKEN}"), key) { it.getString(1) }
        return holder?.takeIf { it != call.cid }?.let(Skip::ofKey)
    }

    /** Changes a call; returns it if only its due time or its policy change, which is written for all of them at once. */
    private fun change(
        session: JdbcSession,
        page: ActionPage,
        rules: EndRules,
        call: StoredCall,
        due: Long,
        now: Long,
    ): StoredCall? {
        when (val action = page.action) {
            is OperatorAction.Cancel -> {
                ActionRules.cancelled(action, call)?.let { admin.setCallbacks(session, it) }
                admin.cancel(session, call.cid, rules)
            }

            is OperatorAction.Replay -> {
                admin.replay(session, call.cid, now, due, action.reset)
            }

            is OperatorAction.Discard -> {
                admin.forgetAll(session, listOf(call))
            }

            else -> {
                return ActionRules.changed(action, call, due, now)
            }
        }
        return null
    }
}
