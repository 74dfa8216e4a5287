package dev.reprise.queue.spi

import dev.reprise.internal.util.LONGEST_WAIT
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.model.Payload
import kotlin.time.Duration

/** A call as it is asked for: all that is known before a store has accepted it. */
public data class NewCall(
    /** The correlation id it will have. */
    public val cid: String,
    /** The name of the handler. */
    public val handler: String,
    /** The request. */
    public val payload: Payload,
    /** The notation of its policy. */
    public val policy: String,
    /** From 0 to 9; higher ones are claimed first. */
    public val priority: Int = DEFAULT_PRIORITY,
    /** How long after it was accepted it is due, in milliseconds. */
    public val delayMillis: Long = 0,
    /** No attempt starts at or after this instant (epoch milliseconds); null: no deadline. */
    public val deadline: Long? = null,
    /** Calls with the same key run one after the other, in the order of their acceptance; null: no order. */
    public val orderKey: String? = null,
    /** What the death of this call means for those behind it. */
    public val onDeadHead: OnDeadPredecessor = OnDeadPredecessor.Block,
    /** While a call with the same key has not ended, no other is accepted; null: not unique. */
    public val uniqueKey: String? = null,
    /** True if the unique key stays taken after the end of the call, as long as the call is retained. */
    public val keepUniqueKey: Boolean = false,
    /** The handlers that are told the outcome, each by a call of its own. */
    public val callbacks: List<String> = emptyList(),
    /** Handed on to the callbacks as it is. */
    public val context: String? = null,
    /** The handler that asked for this call; null if none did. */
    public val source: String? = null,
    /** The correlation id of the call in which this one was asked for; null if in none. */
    public val origCid: String? = null,
    /** The nonce of the worker that takes the call as it is enqueued; null: any worker, when it is due. */
    public val claimedBy: String? = null,
    /**
     * The lane in which [claimedBy] takes the call, unless that is paused. Null: the caller makes the first attempt himself, and the policy
     * does not count it.
     */
    public val claimedIn: String? = null,
    /** An attempt that was made, and failed, before the call was stored; null if none. */
    public val firstFailure: AttemptError? = null,
) {
    public companion object {
        /** The priority of a call for which none is given. */
        public const val DEFAULT_PRIORITY: Int = 5
    }
}

/** What any longer delay is cut to: 146 years. A sum of it and the present is still an instant. */
internal const val LONGEST_DELAY_MILLIS: Long = LONGEST_WAIT / NANOS_PER_MILLI

internal fun Duration.toDelayMillis(): Long = minOf(inWholeMilliseconds, LONGEST_DELAY_MILLIS)
