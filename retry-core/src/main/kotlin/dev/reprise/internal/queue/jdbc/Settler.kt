package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.spi.AttemptResult
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement

/** Writes settlements in an open transaction: one statement for each kind of work, for the whole batch. */
internal class Settler(
    private val sql: SqlTemplate,
    private val orders: OrderKeys,
    private val keys: UniqueKeys,
    private val errors: ErrorTable,
    private val enqueuer: Enqueuer,
) {
    fun settle(
        session: JdbcSession,
        batch: List<Settlement>,
    ): List<SettleResult> {
        // Sorted by id, so that two batches rarely deadlock; the transaction is repeated if they do.
        val (ended, going) = batch.sortedBy { it.call.cid }.partition { it.to.isEnd }
        val now = if (batch.any { it.result == AttemptResult.CRASHED }) sql.now(session) else 0
        val accepted = requeue(session, going, now) + end(session, ended, now)
        follow(session, batch.filter { it in accepted })
        val kept = going.filter { it.keepsPlace }.map { it.call }
        if (kept.isNotEmpty()) session.afterCommit { sql.dialect.keptPlace(kept) }
        return batch.map { if (it in accepted) SettleResult.ACCEPTED else SettleResult.STALE }
    }

    private fun requeue(
        session: JdbcSession,
        batch: List<Settlement>,
        now: Long,
    ): Set<Settlement> = if (batch.isEmpty()) emptySet() else accepted(batch, sql.dialect.change(session, sql, READY, rows(batch, now)))

    private fun end(
        session: JdbcSession,
        batch: List<Settlement>,
        now: Long,
    ): Set<Settlement> = if (batch.isEmpty()) emptySet() else accepted(batch, sql.dialect.end(session, sql, END, rows(batch, now)))

    /** Of two settlements for one claim the first counts. */
    private fun accepted(
        batch: List<Settlement>,
        changed: Set<Pair<String, Long>>,
    ): Set<Settlement> {
        val open = changed.toMutableSet()
        return batch.filterTo(identitySet()) { open.remove(it.call.cid to checkNotNull(it.call.claim).token) }
    }

    private fun rows(
        batch: List<Settlement>,
        now: Long,
    ): ArrayParameters = SETTLED.of(batch.distinctBy { it.call.cid to it.call.claim }.map { row(it, now) })

    private fun row(
        settlement: Settlement,
        now: Long,
    ): List<Any?> {
        val after = settlement.applied(now)
        val claim = checkNotNull(settlement.call.claim)
        val counted = settlement.result
        return listOf(
            after.cid,
            claim.token,
            claim.owner,
            after.state.name,
            after.deadReason?.name,
            settlement.delayMillis,
            if (settlement.keepsPlace) 1 else 0,
            settlement.retainMillis,
            if (settlement.dropsPayload) 1 else 0,
            after.request.deadline,
            counted.attempts,
            counted.failures,
            counted.crashes,
            counted.snoozes,
            after.crashedAt.joinToString(","),
            after.progress.startedAt,
            after.progress.policyState,
            after.handlerVersion,
            after.response?.bytes,
            after.response?.codec,
            after.response?.version,
            after.handler,
            after.errorType,
        )
    }

    /** The consequences of accepted settlements. */
    private fun follow(
        session: JdbcSession,
        accepted: List<Settlement>,
    ) {
        errors.add(session, accepted.mapNotNull { s -> s.error?.let { Triple(s.call.cid, errorNumber(s), it) } })
        val ended = accepted.filter { it.to.isEnd }
        keys.free(session, ended.map { it.call })
        ended.filter { it.advancesOrder() }.sortedBy { it.call.request.orderKey }.forEach {
            orders.advance(session, checkNotNull(it.call.request.orderKey), it.call.cid)
        }
        enqueuer.accept(session, accepted.flatMap { it.callbacks })
    }

    private fun errorNumber(settlement: Settlement) =
        settlement.call.counters
            .plus(settlement.result)
            .let { it.failures + it.crashes + if (settlement.result == AttemptResult.RETURNED) 1 else 0 }

    private fun Settlement.advancesOrder() =
        call.request.orderKey != null && (to != CallState.DEAD || call.request.onDeadPredecessor == OnDeadPredecessor.SKIP)

    private companion object {
        /** The values of a settlement. */
        val SETTLED =
            RowShape(
                linkedMapOf(
                    "cid" to "text",
                    "token" to "int8",
                    "owner" to "text",
                    "state" to "text",
                    "dead_reason" to "text",
                    "delay" to "int8",
                    "keeps_place" to "int4",
                    "retain" to "int8",
                    "drops_payload" to "int4",
                    "deadline" to "int8",
                    "attempts" to "int4",
                    "failures" to "int4",
                    "crashes" to "int4",
                    "snoozes" to "int4",
                    "crashed_at" to "text",
                    "run_started_at" to "int8",
                    "policy_state" to "text",
                    "handler_version" to "int4",
                    "response" to "bytea",
                    "response_codec" to "text",
                    "response_version" to "int4",
                    "handler" to "text",
                    "error_type" to "text",
                ),
            )

        /** What a settlement changes in a call that continues. */
        val READY: Map<String, String> =
            mapOf(
                "state" to ":state",
                "due_at" to
                    "CASE WHEN cancel_requested = 1 THEN {now} WHEN :keeps_place = 1 THEN due_at ELSE ${CallTable.DUE} END",
                "has_started" to "0",
                "owner" to "NULL",
                "claimed_at" to "NULL",
                "attempts" to "attempts + :attempts",
                "failures" to "failures + :failures",
                "crashes" to "crashes + :crashes",
                "snoozes" to "snoozes + :snoozes",
                "crashed_at" to ":crashed_at",
                "run_started_at" to ":run_started_at",
                "policy_state" to ":policy_state",
                "handler_version" to ":handler_version",
                "error_type" to ":error_type",
            )

        /** What a settlement changes in a call that ends. */
        val END: Map<String, String> =
            READY - "due_at" +
                mapOf(
                    "payload" to "CASE WHEN :drops_payload = 1 THEN {empty} ELSE payload END",
                    "dead_reason" to ":dead_reason",
                    "ended_at" to "{now}",
                    "expires_at" to "CASE WHEN :state = 'DEAD' THEN NULL ELSE {now} + :retain END",
                    "response" to ":response",
                    "response_codec" to ":response_codec",
                    "response_version" to ":response_version",
                )

        fun identitySet(): MutableSet<Settlement> = java.util.Collections.newSetFromMap(java.util.IdentityHashMap())
    }
}
