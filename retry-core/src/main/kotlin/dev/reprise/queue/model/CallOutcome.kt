package dev.reprise.queue.model

import dev.reprise.internal.queue.ZatoRetryFields
import dev.reprise.internal.util.Json
import dev.reprise.queue.spi.StoredCall
import java.nio.charset.StandardCharsets
import java.time.Instant
import java.util.Base64

/**
 * How a call ended, as its callbacks are told: the keys of [toJson] are those of Zato's `invoke_retry`, and three more.
 *
 * | key | |
 * |---|---|
 * | `ok` | true if an attempt returned |
 * | `source` | the handler that asked for the call, or null |
 * | `target` | the handler that was called |
 * | `retry_repeats` | the calls its policy allows in all, or null if it counts none |
 * | `retry_seconds` | the seconds between them, or null if they are not always the same |
 * | `call_cid` | the call |
 * | `orig_cid` | the call in which it was asked for, or null |
 * | `req_ts_utc` | when it was accepted |
 * | `resp_ts_utc` | when it ended |
 * | `response` | what was returned: JSON as it is, text as text, other bytes in Base64; null if nothing was |
 * | `context` | what the caller gave along, or null |
 * | `state`, `attempts`, `errors` | the end state, the attempts made, and what went wrong in them |
 */
public data class CallOutcome(
    /** True if an attempt returned. */
    public val ok: Boolean,
    /** The handler that asked for the call; null if none did. */
    public val source: String?,
    /** The handler that was called. */
    public val target: String,
    /** The calls its policy allows in all; null if it counts none. */
    public val retryRepeats: Int?,
    /** The seconds between them; null if they are not always the same. */
    public val retrySeconds: Double?,
    /** The correlation id of the call. */
    public val callCid: String,
    /** The correlation id of the call in which it was asked for; null if in none. */
    public val origCid: String?,
    /** When it was accepted. */
    public val requestedAt: Instant,
    /** When it ended. */
    public val respondedAt: Instant,
    /** What was returned, in words: see the table above. */
    public val response: String?,
    /** What the caller gave along. */
    public val context: String?,
    /** The state it ended in; a dead call with its reason, as in `DEAD(EXHAUSTED)`. */
    public val state: String,
    /** How many attempts were made. */
    public val attempts: Int,
    /** What went wrong, oldest first, each as `type: message`. */
    public val errors: List<String>,
) {
    /** This outcome as JSON. */
    public fun toJson(): String =
        Json.write(
            linkedMapOf(
                "ok" to ok,
                "source" to source,
                "target" to target,
                "retry_repeats" to retryRepeats,
                "retry_seconds" to retrySeconds?.let { if (it == Math.rint(it)) it.toLong() else it },
                "call_cid" to callCid,
                "orig_cid" to origCid,
                "req_ts_utc" to requestedAt.toString(),
                "resp_ts_utc" to respondedAt.toString(),
                "response" to response,
                "context" to context,
                "state" to state,
                "attempts" to attempts,
                "errors" to errors,
            ),
        )

    public companion object {
        /** @throws PayloadException if [json] is not what [toJson] writes. */
        public fun fromJson(json: String): CallOutcome =
            try {
                read(Json.read(json) as Map<*, *>)
            } catch (e: RuntimeException) {
                throw e as? PayloadException ?: PayloadException("no outcome of a call: ${json.take(200)}", e)
            }

        private fun read(keys: Map<*, *>) =
            CallOutcome(
                keys["ok"] as Boolean,
                keys["source"] as String?,
                keys["target"] as String,
                (keys["retry_repeats"] as Number?)?.toInt(),
                (keys["retry_seconds"] as Number?)?.toDouble(),
                keys["call_cid"] as String,
                keys["orig_cid"] as String?,
                Instant.parse(keys["req_ts_utc"] as String),
                Instant.parse(keys["resp_ts_utc"] as String),
                keys["response"] as String?,
                keys["context"] as String?,
                keys["state"] as String,
                (keys["attempts"] as Number).toInt(),
                (keys["errors"] as List<*>).map { it as String },
            )

        /** How [call], which has ended, ended. */
        internal fun of(
            call: StoredCall,
            errors: List<String>,
        ): CallOutcome {
            val counted = ZatoRetryFields.of(call.order.policy)
            return CallOutcome(
                ok = call.state == CallState.SUCCEEDED,
                source = call.order.source,
                target = call.handler,
                retryRepeats = counted.repeats,
                retrySeconds = counted.seconds,
                callCid = call.cid,
                origCid = call.order.origCid,
                requestedAt = Instant.ofEpochMilli(call.enqueuedAt),
                respondedAt = Instant.ofEpochMilli(checkNotNull(call.endedAt)),
                response = call.response?.inWords(),
                context = call.order.context,
                state = call.deadReason?.let { "DEAD($it)" } ?: call.state.name,
                attempts = call.counters.attempts,
                errors = errors,
            )
        }
    }
}

private fun Payload.inWords(): String? =
    when (codec) {
        "none" -> null
        "text", "json" -> bytes.toString(StandardCharsets.UTF_8)
        else -> Base64.getEncoder().encodeToString(bytes)
    }
