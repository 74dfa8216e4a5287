package dev.reprise.queue

/** How an enqueued call was taken. */
public data class Accepted(
    /** The id of the call: that of an earlier one if the unique key was taken. */
    public val cid: String,
    /** False if the unique key was taken; nothing was written then. */
    public val isNew: Boolean,
    /**
     * The claim of a call that was asked for with `claimedBy`; null for others, where the call has to wait behind another,
     * where the lease is over or the lane is paused.
     */
    public val claim: Claim? = null,
) {
    /** True if somebody may have something to do now. */
    internal val givesWork: Boolean get() = isNew && claim == null
}

/** What a worker asks for. */
public class ClaimOrder(
    /** The nonce of its lease. */
    public val owner: String,
    /** The lane it asks for; nothing is given while that is paused. */
    public val lane: String,
    /** How many calls of each handler it can take. Among calls of equal priority, those of the first handler come first. */
    public val handlers: Map<String, Int>,
    /** How many calls it can take in all. */
    public val limit: Int,
)

/** What a worker got. */
public class Claimed(
    /** The calls, higher priorities first. */
    public val calls: List<Call>,
    /** Now, on the clock of the store. */
    public val now: Long,
    /** If [calls] is empty: when the next call of these handlers is due, in milliseconds from now; null if none is. */
    public val nextDueMillis: Long?,
)

/** Running calls whose worker has no valid lease. */
public class Orphans(
    /** The calls, by id. */
    public val calls: List<Call>,
    /** Now, on the clock of the store. */
    public val now: Long,
)

/** How one claim ended. */
public class Settlement(
    /** The call as it was claimed. */
    public val call: Call,
    /** Where it goes. */
    public val to: CallState,
    /** What it counts for. */
    public val result: AttemptResult,
    /** When it is due again, from now, if it goes to [CallState.READY]. */
    public val delayMillis: Long = 0,
    /** Why it is dead, if it is. */
    public val deadReason: DeadReason? = null,
    /** What its policy remembers. */
    public val memory: String? = null,
    /** What the handler returned. */
    public val response: Payload? = null,
    /** What went wrong. */
    public val error: AttemptError? = null,
    /** The calls that are enqueued if this is accepted. */
    public val callbacks: List<NewCall> = emptyList(),
    /** The version of the handler, if it was called. */
    public val handlerVersion: Int? = null,
) {
    init {
        CallMoves.require(CallState.RUNNING, to)
        require(
            (to == CallState.DEAD) == (deadReason != null),
        ) { "a dead call has a reason and no other has, but $to came with $deadReason" }
        requireNotNull(call.claim) { "call ${call.cid} was not claimed, so it cannot be settled" }
    }

    /** True if somebody may have something to do once this is accepted. */
    internal val givesWork: Boolean get() = to == CallState.READY || call.order.orderKey != null || callbacks.isNotEmpty()

    /** A run begins with the claim for its first attempt that ends; while the call is snoozed, the time of its policy stands still. */
    private fun runStartedAt(): Long? {
        val started = call.run.startedAt
        if (to.isEnd || started == null) return started
        val hasBegun = call.copy(counters = call.counters.plus(result)).nextAttempt > 1
        return if (hasBegun) started + (if (result == AttemptResult.SNOOZED) delayMillis else 0) else null
    }

    /** The call as the store has it once this is accepted, at the instant [now]. */
    internal fun applied(now: Long): Call =
        call.copy(
            state = to,
            deadReason = deadReason,
            dueAt = if (to == CallState.READY) call.order.dueNoLaterThanDeadline(now + delayMillis) else call.dueAt,
            endedAt = if (to.isEnd) now else null,
            counters = call.counters.plus(result),
            run = call.run.copy(startedAt = runStartedAt(), memory = memory),
            claim = null,
            crashedAt = if (result == AttemptResult.CRASHED) (call.crashedAt + now).takeLast(CRASHES_KEPT) else call.crashedAt,
            handlerVersion = handlerVersion ?: call.handlerVersion,
            response = response,
        )
}

/** A call that will not be tried before its deadline is due at the deadline, so that it is ended then and not later. */
internal fun NewCall.dueNoLaterThanDeadline(due: Long): Long = if (deadline == null) due else minOf(due, deadline)

internal const val CRASHES_KEPT = 3

/** What became of a settlement. */
public enum class SettleResult {
    /** It was written. */
    ACCEPTED,

    /** The call was not this claim's any more; nothing was written. */
    STALE,
}

/** What a renewal brought. */
public class Renewal(
    /** The calls of this worker that somebody wants cancelled. */
    public val cancelRequested: List<String>,
)

/** What became of a wish to cancel. */
public enum class CancelResult {
    /** It is cancelled. */
    CANCELLED,

    /** It is running; its worker was asked to stop it. */
    REQUESTED,

    /** It had ended before. */
    ENDED,

    /** There is no such call. */
    UNKNOWN,
}

/** What became of a wish to replay. */
public enum class ReplayResult {
    /** It is ready, or waits for its turn. */
    REPLAYED,

    /** It is not dead. */
    NOT_DEAD,

    /** Another call has taken its unique key. */
    KEY_TAKEN,
}

/** How many calls of one handler are in one state. */
public data class CallCount(
    /** The name of the handler. */
    public val handler: String,
    /** The state. */
    public val state: CallState,
    /** How many. */
    public val calls: Long,
)

/** What bears on whether a call runs. */
public class Situation(
    /** The call. */
    public val call: Call,
    /** Now, on the clock of the store. */
    public val now: Long,
    /** The call at the head of its order; null if it has no order, or is the head. */
    public val head: String?,
    /** True if that head is dead, and blocks. */
    public val headIsDead: Boolean,
    /** The worker that has it, for people to read; null if it is not running. */
    public val worker: String?,
    /** For how long the lease of that worker is valid yet, in milliseconds; negative if it is over. */
    public val leaseMillis: Long?,
    /** The lanes that are paused. */
    public val pausedLanes: Set<String>,
)
