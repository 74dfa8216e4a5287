package dev.reprise.queue.spi

import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.Call
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.model.Payload
import kotlin.time.Duration

/** A call before a store has accepted it. */
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
    public val priority: Int = Call.DEFAULT_PRIORITY,
    /** How long after it was accepted it is due, in milliseconds. */
    public val delayMillis: Long = 0,
    /** No attempt starts at or after this instant (epoch milliseconds); null: no deadline. */
    public val deadline: Long? = null,
    /** Calls with the same key run one after the other, in the order of their acceptance; null: no order. */
    public val orderKey: String? = null,
    /** What happens to the calls behind this one in its order when it dies. */
    public val onDeadPredecessor: OnDeadPredecessor = OnDeadPredecessor.BLOCK,
    /** While a call with the same key has not ended, no other is accepted; null: not unique. */
    public val uniqueKey: String? = null,
    /** True if the unique key stays taken after the end of the call, as long as the call is retained. */
    public val keepUniqueKey: Boolean = false,
    /** The handlers that receive the outcome, each by a call of its own. */
    public val callbacks: List<String> = emptyList(),
    /** A text that the callbacks receive with the outcome. */
    public val context: String? = null,
    /** The handler that enqueued this call; null if no handler did. */
    public val source: String? = null,
    /** The correlation id of the call whose handler enqueued this one; null if no handler did. */
    public val origCid: String? = null,
    /** The nonce of the worker that claims the call as it is enqueued; null: any worker, when it is due. */
    public val claimedBy: String? = null,
    /**
     * The lane in which [claimedBy] claims the call, unless that is paused. Null: the caller makes the first attempt, and the policy does
     * not count it.
     */
    public val claimedIn: String? = null,
    /** An attempt that was made, and failed, before the call was stored; null if none. */
    public val firstFailure: AttemptError? = null,
) {
    internal companion object {
        /** The priorities there are. */
        val PRIORITIES = 0..9
    }
}

/** The longest delay, 146 years: a sum of it and the present does not overflow. */
internal const val LONGEST_DELAY_MILLIS: Long = Long.MAX_VALUE / 2 / NANOS_PER_MILLI

internal fun Duration.toDelayMillis(): Long = minOf(inWholeMilliseconds, LONGEST_DELAY_MILLIS)
