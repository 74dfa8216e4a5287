package dev.reprise.queue.jdbc

import dev.reprise.jdbc.JdbcSession
import dev.reprise.queue.AttemptResult
import dev.reprise.queue.Call
import dev.reprise.queue.CallState
import dev.reprise.queue.OnDeadHead
import dev.reprise.queue.SettleResult
import dev.reprise.queue.Settlement

/** Writes how claims ended, in a transaction that is open: as few statements as there are kinds of work, each for the whole batch. */
internal class Settler(
    private val sql: Sql,
    private val orders: Orders,
    private val keys: UniqueKeys,
    private val errors: ErrorTable,
    private val tally: Tally,
    private val enqueuer: Enqueuer,
) {
    private val ends = sql.dialect.end(END)

    fun settle(
        session: JdbcSession,
        batch: List<Settlement>,
    ): List<SettleResult> {
        // Rows are locked in the order of their ids, so that two batches do not wait for each other in a ring.
        val (ended, going) = batch.sortedBy { it.call.cid }.partition { it.to.isEnd }
        val now = if (batch.any { it.result == AttemptResult.CRASHED }) sql.now(session) else 0
        val accepted = goOn(session, going, now) + end(session, ended, now)
        follow(session, batch.filter { it in accepted })
        return batch.map { if (it in accepted) SettleResult.ACCEPTED else SettleResult.STALE }
    }

    private fun goOn(
        session: JdbcSession,
        batch: List<Settlement>,
        now: Long,
    ): Set<Settlement> {
        val changed = CallTable.inOrder(READY)
        val counts =
            session.batch(
                sql("UPDATE {p}call SET ${changed.joinToString { "$it = ${READY[it]}" }} WHERE ${CallTable.GUARD}"),
                batch.map { values(changed, it, now) + guard(it.call) },
            )
        return batch.filterIndexedTo(identitySet()) { i, _ -> counts[i] == 1 }
    }

    private fun end(
        session: JdbcSession,
        batch: List<Settlement>,
        now: Long,
    ): Set<Settlement> {
        val changed = CallTable.inOrder(END)
        // Where the delete stands first in the statement, so do the values of its guard.
        val isGuardFirst = ends.size == 1
        val counts =
            session.batch(
                sql(ends[0]),
                batch.map { if (isGuardFirst) guard(it.call) + values(changed, it, now) else values(changed, it, now) + guard(it.call) },
            )
        ends.drop(1).forEach { statement -> session.batch(sql(statement), batch.map { guard(it.call) }) }
        return batch.filterIndexedTo(identitySet()) { i, _ -> counts[i] == 1 }
    }

    private fun guard(call: Call) = checkNotNull(call.claim).let { listOf(call.cid, it.token, it.owner) }

    /** The values for the question marks of [changed] columns. */
    private fun values(
        changed: List<String>,
        settlement: Settlement,
        now: Long,
    ): List<Any?> {
        val after = settlement.applied(now)
        val counted = settlement.result
        val deadline = after.order.deadline
        return changed.flatMap {
            when (it) {
                "state" -> listOf(after.state.name)
                "dead_reason" -> listOf(after.deadReason?.name)
                "due_at" -> listOf(settlement.delayMillis, deadline, deadline, settlement.delayMillis)
                "attempts" -> listOf(counted.attempts)
                "failures" -> listOf(counted.failures)
                "crashes" -> listOf(counted.crashes)
                "snoozes" -> listOf(counted.snoozes)
                "crashed_at" -> listOf(after.crashedAt.joinToString(","))
                "memory" -> listOf(after.run.memory)
                "handler_version" -> listOf(after.handlerVersion)
                "response" -> listOf(after.response?.bytes)
                "response_codec" -> listOf(after.response?.codec)
                "response_version" -> listOf(after.response?.version)
                else -> emptyList()
            }
        }
    }

    /** What follows from settlements that were accepted. */
    private fun follow(
        session: JdbcSession,
        accepted: List<Settlement>,
    ) {
        errors.add(session, accepted.mapNotNull { s -> s.error?.let { Triple(s.call.cid, errorNumber(s), it) } })
        val ended = accepted.filter { it.to.isEnd }
        keys.free(session, ended.map { it.call }.filterNot { it.order.keepUniqueKey })
        ended.filter { it.letsOrderGoOn() }.sortedBy { it.call.order.orderKey }.forEach {
            orders.advance(session, checkNotNull(it.call.order.orderKey), it.call.cid)
        }
        enqueuer.accept(session, accepted.flatMap { it.callbacks })
        tally.add(session, changes(ended))
    }

    private fun errorNumber(settlement: Settlement) =
        settlement.call.counters
            .plus(settlement.result)
            .let { it.failures + it.crashes }

    private fun Settlement.letsOrderGoOn() =
        call.order.orderKey != null && (to != CallState.DEAD || call.order.onDeadHead == OnDeadHead.Skip)

    private fun changes(ended: List<Settlement>): Tally.Changes {
        val changes = Tally.Changes()
        for (settlement in ended) {
            changes.count(settlement.call.handler, Tally.LIVE, -1)
            changes.count(settlement.call.handler, settlement.to, 1)
        }
        return changes
    }

    private companion object {
        /** What a settlement changes in a call that goes on. */
        val READY: Map<String, String> =
            mapOf(
                "state" to "?",
                "due_at" to "CASE WHEN {now} + ? > ? THEN ? ELSE {now} + ? END",
                "owner" to "NULL",
                "claimed_at" to "NULL",
                "attempts" to "attempts + ?",
                "failures" to "failures + ?",
                "crashes" to "crashes + ?",
                "snoozes" to "snoozes + ?",
                "crashed_at" to "?",
                "memory" to "?",
                "handler_version" to "?",
            )

        /** What a settlement changes in a call that ends. */
        val END: Map<String, String> =
            READY - "due_at" +
                mapOf(
                    "dead_reason" to "?",
                    "ended_at" to "{now}",
                    "response" to "?",
                    "response_codec" to "?",
                    "response_version" to "?",
                )

        fun identitySet(): MutableSet<Settlement> = java.util.Collections.newSetFromMap(java.util.IdentityHashMap())
    }
}
