package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.Database
import dev.reprise.internal.jdbc.JdbcSession
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.spi.AttemptResult
import dev.reprise.queue.spi.SettleResult
import dev.reprise.queue.spi.Settlement
import dev.reprise.queue.spi.StoredCall

/** Writes settlements: one statement for each kind of work, for the whole batch. */
internal class Settler(
    private val sql: SqlTemplate,
    private val orders: OrderKeys,
    private val keys: UniqueKeys,
    private val errors: ErrorTable,
    private val enqueuer: Enqueuer,
) {
    /** Writes a batch all or none, in one round trip if it needs no more. */
    suspend fun settle(
        database: Database,
        batch: List<Settlement>,
    ): List<SettleResult> =
        if (isOneStatement(batch)) database.single { settle(this, batch) } else database.transaction { settle(this, batch) }

    private fun isOneStatement(batch: List<Settlement>) =
        !sql.dialect.hasOneWriter && batch.all { it.isAlone() } && batch.mapTo(HashSet()) { it.to }.size == 1

    /** True if its own row is all that it changes. */
    private fun Settlement.isAlone() =
        result != AttemptResult.CRASHED && error == null && callbacks.isEmpty() && call.request.uniqueKey == null && !advancesOrder() &&
            !dropsCall && (to.isEnd || delayMillis <= CallLocation.SOON_MILLIS)

    private fun settle(
        session: JdbcSession,
        batch: List<Settlement>,
    ): List<SettleResult> {
        // Of two settlements for one claim the first counts. Sorted by id, so that two batches rarely deadlock; the transaction is repeated if
        // they do.
        val (ended, going) = batch.distinctBy { it.call.cid to it.call.claim }.sortedBy { it.call.cid }.partition { it.to.isEnd }
        val now = if (batch.any { it.result == AttemptResult.CRASHED }) sql.now(session) else 0
        val accepted = (requeue(session, going, now) + end(session, ended, now)).toSet()
        follow(session, batch.filter { it in accepted })
        val kept = going.filter { it.keepsPlace }.map { it.call }
        if (kept.isNotEmpty()) session.afterCommit { sql.dialect.keptPlace(kept) }
        return batch.map { if (it in accepted) SettleResult.ACCEPTED else SettleResult.STALE }
    }

    /** Only calls that are due much later move. */
    private fun requeue(
        session: JdbcSession,
        batch: List<Settlement>,
        now: Long,
    ): List<Settlement> {
        val late = batch.filter { it.delayMillis > CallLocation.SOON_MILLIS }
        val moved = accepted(late, now) { sql.dialect.move(session, sql, LATER, it) }
        return moved + accepted(batch - moved.toSet(), now) { sql.dialect.change(session, sql, READY, it) }
    }

    private fun end(
        session: JdbcSession,
        batch: List<Settlement>,
        now: Long,
    ): List<Settlement> =
        batch.groupBy { if (it.dropsCall) GONE else ENDS.getValue(CallLocation.ofEnd(it.to)) }.flatMap { (move, some) ->
            accepted(some, now) { sql.dialect.move(session, sql, move, it) }
        }

    /** The settlements of [batch] for which [write] returns the claim. */
    private fun accepted(
        batch: List<Settlement>,
        now: Long,
        write: (ArrayParameters) -> Set<Pair<String, Long>>,
    ): List<Settlement> {
        if (batch.isEmpty()) return emptyList()
        val written = write(SETTLED.of(batch.map { row(it, now) }))
        return batch.filter { it.call.cid to checkNotNull(it.call.claim).token in written }
    }

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
        val (gone, kept) = accepted.partition { it.dropsCall }
        errors.add(session, kept.mapNotNull { s -> s.error?.let { Triple(s.call.cid, errorNumber(s), it) } })
        val ended = accepted.filter { it.to.isEnd }
        keys.free(session, ended.map { it.call })
        forget(session, gone.map { it.call })
        ended.filter { it.advancesOrder() }.sortedBy { it.call.request.orderKey }.forEach {
            orders.advance(session, checkNotNull(it.call.request.orderKey), it.call.cid)
        }
        enqueuer.accept(session, accepted.flatMap { it.callbacks })
    }

    /** What the calls [gone] leave behind: their failures, and the keys of their steps. */
    private fun forget(
        session: JdbcSession,
        gone: List<StoredCall>,
    ) {
        if (gone.isEmpty()) return
        errors.forget(session, gone.filter { it.counters.failures + it.counters.crashes > 0 }.map { it.cid })
        keys.forget(session, gone.map(Forgotten::of))
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
                    "response" to ":response",
                    "response_codec" to ":response_codec",
                    "response_version" to ":response_version",
                )

        /** A call that is due much later, unless it was cancelled in the meantime. */
        val LATER = CallMove(CallLocation.COLD, READY, "cancel_requested = 0 AND ${CallTable.DUE} > {now} + ${CallLocation.SOON_MILLIS}")

        /** How calls end, by where they are then. */
        val ENDS: Map<CallLocation, CallMove> =
            mapOf(
                CallLocation.FINISHED to END + ("expires_at" to "{now} + :retain"),
                CallLocation.DEAD to END,
            ).mapValues { (to, changes) -> CallMove(to, changes) }

        /** How calls end that are not kept. */
        val GONE = CallMove(null, emptyMap())
    }
}
