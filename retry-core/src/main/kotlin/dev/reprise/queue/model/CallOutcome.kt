package dev.reprise.queue.model

import dev.reprise.internal.util.Json
import java.time.Instant

/**
 * The outcome of a call, as its callbacks receive it. The keys of [toJson] are those of Zato's `invoke_retry`, and three more.
 *
 * | key | |
 * |---|---|
 * | `ok` | true if an attempt returned |
 * | `source` | the handler that enqueued the call, or null |
 * | `target` | the handler that was called |
 * | `retry_repeats` | the calls its policy allows in all, or null if it counts none |
 * | `retry_seconds` | the seconds between them, or null if they are not always the same |
 * | `call_cid` | the call |
 * | `orig_cid` | the call whose handler enqueued it, or null |
 * | `req_ts_utc` | when it was accepted |
 * | `resp_ts_utc` | when it ended |
 * | `response` | the result: JSON unchanged, text as text, other bytes in Base64; null if there is none |
 * | `context` | the text that the caller set, or null |
 * | `state`, `attempts`, `errors` | the end state, the attempts made, and their failures |
 */
public class CallOutcome internal constructor(
    /** True if an attempt returned. */
    public val ok: Boolean,
    /** The handler that enqueued the call; null if no handler did. */
    public val source: String?,
    /** The handler that was called. */
    public val target: String,
    /** The calls its policy allows in all; null if it counts none. */
    public val retryRepeats: Int?,
    /** The seconds between them; null if they are not always the same. */
    public val retrySeconds: Double?,
    /** The correlation id of the call. */
    public val callCid: String,
    /** The correlation id of the call whose handler enqueued it; null if no handler did. */
    public val origCid: String?,
    /** When it was accepted. */
    public val requestedAt: Instant,
    /** When it ended. */
    public val respondedAt: Instant,
    /** The result as text: see the table above. */
    public val response: String?,
    /** The text that the caller set. */
    public val context: String?,
    /** The state it ended in; a dead call with its reason, for example `DEAD(EXHAUSTED)`. */
    public val state: String,
    /** How many attempts were made. */
    public val attempts: Int,
    /** The failures, oldest first, each as `type: message`. */
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

    private fun values() =
        listOf(ok, source, target, retryRepeats, retrySeconds, callCid, origCid, requestedAt, respondedAt, response, context) +
            listOf(state, attempts, errors)

    override fun equals(other: Any?): Boolean = other is CallOutcome && values() == other.values()

    override fun hashCode(): Int = callCid.hashCode()

    override fun toString(): String = "CallOutcome($callCid, $target, $state)"

    public companion object {
        /** @throws PayloadException if [json] was not written by [toJson]. */
        @JvmStatic
        public fun fromJson(json: String): CallOutcome =
            try {
                read(Json.read(json) as Map<*, *>)
            } catch (e: RuntimeException) {
                throw e as? PayloadException ?: PayloadException("not the outcome of a call: ${json.take(200)}", e)
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
    }
}
