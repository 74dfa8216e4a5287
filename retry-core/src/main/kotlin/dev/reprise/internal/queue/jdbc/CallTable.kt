package dev.reprise.internal.queue.jdbc

import dev.reprise.internal.jdbc.intOrNull
import dev.reprise.internal.jdbc.longOrNull
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.model.Payload
import dev.reprise.queue.model.SchemaException
import dev.reprise.queue.spi.CallCounters
import dev.reprise.queue.spi.Claim
import dev.reprise.queue.spi.NewCall
import dev.reprise.queue.spi.PolicyProgress
import dev.reprise.queue.spi.StoredCall
import java.sql.ResultSet

/** The columns of `call` and of `ended`, which are the same, and a call as a row of them. */
internal object CallTable {
    /** The due time is limited to the deadline: a call that cannot be attempted before it ends then. */
    const val DUE: String = "CASE WHEN {now} + :delay > :deadline THEN :deadline ELSE {now} + :delay END"

    private val columns: Map<String, (StoredCall) -> Any?> =
        linkedMapOf(
            "cid" to { it.cid },
            "handler" to { it.handler },
            "payload" to { it.request.payload.bytes },
            "codec" to { it.request.payload.codec },
            "payload_version" to { it.request.payload.version },
            "policy" to { it.request.policy },
            "priority" to { it.request.priority },
            "deadline" to { it.request.deadline },
            "order_key" to { it.request.orderKey },
            "order_seq" to { it.orderSeq },
            "skips_dead" to { number(it.request.onDeadPredecessor == OnDeadPredecessor.SKIP) },
            "unique_key" to { it.request.uniqueKey },
            "keeps_key" to { number(it.request.keepUniqueKey) },
            "unique_for" to { it.request.uniqueForMillis },
            "callbacks" to { it.request.callbacks.joinToString("\n") },
            "context" to { it.request.context },
            "source" to { it.request.source },
            "orig_cid" to { it.request.origCid },
            "state" to { it.state.name },
            "dead_reason" to { it.deadReason?.name },
            "enqueued_at" to { it.enqueuedAt },
            "due_at" to { it.dueAt },
            "ended_at" to { it.endedAt },
            "token" to { it.token },
            "owner" to { it.claim?.owner },
            "claimed_at" to { it.claim?.at },
            "claims" to { it.counters.claims },
            "attempts" to { it.counters.attempts },
            "failures" to { it.counters.failures },
            "crashes" to { it.counters.crashes },
            "snoozes" to { it.counters.snoozes },
            "crashed_at" to { it.crashedAt.joinToString(",") },
            "run_started_at" to { it.progress.startedAt },
            "run_before" to { it.progress.attemptsBefore },
            "policy_state" to { it.progress.policyState },
            "handler_version" to { it.handlerVersion },
            "cancel_requested" to { number(it.cancelRequested) },
            "has_started" to { number(it.hasStarted) },
            "expires_at" to { it.expiresAt },
            "response" to { it.response?.bytes },
            "response_codec" to { it.response?.codec },
            "response_version" to { it.response?.version },
            "error_type" to { it.errorType },
            "tags" to { it.request.tags.joinToStringOrNull() },
            "title" to { it.request.title },
            "headers" to { call ->
                call.request.headers.entries
                    .map { "${it.key}: ${it.value}" }
                    .joinToStringOrNull()
            },
        )

    /** The columns, as a statement lists them. */
    val LIST: String = columns.keys.joinToString()

    /** A row that is inserted unchanged. */
    val INSERT_VALUES: String = columns.keys.joinToString { "?" }

    /** The columns in which new calls differ; all others are the same for all of them. */
    val NEW =
        RowShape(
            linkedMapOf(
                "cid" to "text",
                "handler" to "text",
                "payload" to "bytea",
                "codec" to "text",
                "payload_version" to "int4",
                "policy" to "text",
                "priority" to "int4",
                "deadline" to "int8",
                "order_key" to "text",
                "order_seq" to "int8",
                "skips_dead" to "int4",
                "unique_key" to "text",
                "keeps_key" to "int4",
                "unique_for" to "int8",
                "callbacks" to "text",
                "context" to "text",
                "source" to "text",
                "orig_cid" to "text",
                "state" to "text",
                "attempts" to "int4",
                "failures" to "int4",
                "run_before" to "int4",
                "error_type" to "text",
                "tags" to "text",
                "title" to "text",
                "headers" to "text",
                "delay" to "int8",
                "lane" to "text",
                "owner" to "text",
                "claimed_at" to "int8",
            ),
        )

    private val OF_ACCEPTANCE = setOf("delay", "lane", "owner", "claimed_at")

    private val toInserted = (NEW.names - OF_ACCEPTANCE).map(columns::getValue)

    /** The values of the columns of a new call, which is claimed if `:owner` is set. */
    private val newValues: Map<String, String> =
        (NEW.names - OF_ACCEPTANCE).associateWith { ":$it" } +
            mapOf("state" to "CASE WHEN :owner IS NULL THEN :state ELSE '${CallState.RUNNING}' END", "owner" to ":owner") +
            mapOf("claimed_at" to ":claimed_at", "run_started_at" to ":claimed_at") +
            mapOf("enqueued_at" to "{now}", "due_at" to DUE, "crashed_at" to "''") +
            listOf("token", "claims").associateWith { "CASE WHEN :owner IS NULL THEN 0 ELSE 1 END" } +
            listOf("crashes", "snoozes", "cancel_requested", "has_started").associateWith { "0" }

    /** The columns of a new call that are not null, and their values in terms of [NEW]. */
    val INSERTED: String = newValues.keys.joinToString()
    val INSERTED_VALUES: String = newValues.values.joinToString()

    /** A row of [NEW] for [call], with the claim that [new] wants: it is not known yet when it is made, and whether it can be. */
    fun inserted(
        call: StoredCall,
        new: NewCall,
    ): List<Any?> =
        toInserted.map { it(call) } +
            listOf(new.delayMillis, new.claimedIn, new.claimedBy.takeIf { call.state == CallState.READY }, null)

    /** The owner and the lane of the claim that a [row] of [NEW] wants; null if it wants none. */
    fun wantedClaim(row: List<Any?>): Pair<String, String?>? {
        val (lane, owner) = row.takeLast(3)
        return owner?.let { it as String to lane as String? }
    }

    /** A [row] of [NEW] that is claimed at [at], in epoch milliseconds; null for one that is not. */
    fun claimed(
        row: List<Any?>,
        at: Long?,
    ): List<Any?> = row.dropLast(2) + listOf(wantedClaim(row)?.first.takeIf { at != null }, at)

    /** Records the start of an attempt. Three values: the id, the token and the owner of the claim. */
    const val RECORD_START: String = "UPDATE {p}call SET has_started = 1 WHERE cid = ? AND token = ? AND owner = ? AND state = 'RUNNING'"

    /** True if a call still belongs to the claim that settles it. */
    const val GUARD: String = "cid = :cid AND token = :token AND owner = :owner AND state = 'RUNNING'"

    /** The id and the token in a row that begins with them. */
    fun guarded(row: List<Any?>): Pair<String, Long> = row[0] as String to row[1] as Long

    /** The columns with some of them [changed]. */
    fun listWith(changed: Map<String, String>): String = columns.keys.joinToString { changed[it] ?: it }

    /** The [changes] as an update has them. */
    fun changed(changes: Map<String, String>): String = changes.entries.joinToString { "${it.key} = ${it.value}" }

    /** The values of [INSERT_VALUES]. */
    fun values(call: StoredCall): List<Any?> = columns.values.map { it(call) }

    fun read(row: ResultSet): StoredCall {
        val state = stateOf(row.getString("state")) ?: throw SchemaException(unknownState(row))
        return StoredCall(
            cid = row.getString("cid"),
            request = request(row),
            state = state,
            // A reason of a newer program.
            deadReason = row.getString("dead_reason")?.let { name -> DeadReason.entries.find { it.name == name } },
            enqueuedAt = row.getLong("enqueued_at"),
            dueAt = row.getLong("due_at"),
            endedAt = row.longOrNull("ended_at"),
            counters = counters(row),
            progress = PolicyProgress(row.longOrNull("run_started_at"), row.getInt("run_before"), row.getString("policy_state")),
            claim = row.getString("owner")?.let { Claim(it, row.getLong("token"), row.getLong("claimed_at")) },
            token = row.getLong("token"),
            cancelRequested = row.getInt("cancel_requested") != 0,
            crashedAt =
                row
                    .getString("crashed_at")
                    .split(',')
                    // What cannot be read is left out: a row that fails would keep all others of its page from being read.
                    .mapNotNull { it.toLongOrNull() },
            handlerVersion = row.intOrNull("handler_version"),
            response = row.getString("response_codec")?.let { Payload(row.getBytes("response"), it, row.getInt("response_version")) },
            orderSeq = row.getLong("order_seq"),
            hasStarted = row.getInt("has_started") != 0,
            expiresAt = row.longOrNull("expires_at"),
            errorType = row.getString("error_type"),
        )
    }

    /** The state named [name]; null for one of a newer program. */
    fun stateOf(name: String): CallState? = CallState.entries.find { it.name == name }

    private fun unknownState(row: ResultSet) =
        "call ${row.getString("cid")} is in the state ${row.getString("state")}, which this program does not know; use a newer version"

    private fun request(row: ResultSet) =
        NewCall(
            cid = row.getString("cid"),
            handler = row.getString("handler"),
            payload = Payload(row.getBytes("payload"), row.getString("codec"), row.getInt("payload_version")),
            policy = row.getString("policy"),
            priority = row.getInt("priority"),
            deadline = row.longOrNull("deadline"),
            orderKey = row.getString("order_key"),
            onDeadPredecessor = if (row.getInt("skips_dead") != 0) OnDeadPredecessor.SKIP else OnDeadPredecessor.BLOCK,
            uniqueKey = row.getString("unique_key"),
            keepUniqueKey = row.getInt("keeps_key") != 0,
            uniqueForMillis = row.getLong("unique_for"),
            callbacks = row.getString("callbacks").split('\n').filter { it.isNotEmpty() },
            context = row.getString("context"),
            source = row.getString("source"),
            origCid = row.getString("orig_cid"),
            tags = row.getString("tags").lines(),
            title = row.getString("title"),
            headers = row.getString("headers").lines().associate { it.substringBefore(": ") to it.substringAfter(": ") },
        )

    private fun counters(row: ResultSet) =
        CallCounters(
            row.getInt("claims"),
            row.getInt("attempts"),
            row.getInt("failures"),
            row.getInt("crashes"),
            row.getInt("snoozes"),
        )

    private fun number(truth: Boolean) = if (truth) 1 else 0

    private fun List<String>.joinToStringOrNull() = if (isEmpty()) null else joinToString("\n")

    private fun String?.lines(): List<String> = this?.split('\n').orEmpty()
}
