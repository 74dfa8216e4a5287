package dev.reprise.queue.spi

import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.ReplayResult
import dev.reprise.queue.operate.StoreDurability
import kotlinx.coroutines.awaitCancellation

/**
 * Where durable calls are stored: the operations that a queue needs, and no others.
 *
 * Every operation is one transaction. All instants come from the clock of the store and never from a worker's, so a worker whose clock is
 * wrong neither steals nor loses a call. No operation holds a lock while user code runs.
 *
 * Every operation except [open] throws [StoreUnavailableException][dev.reprise.queue.model.StoreUnavailableException] if the store does not
 * respond; then either nothing was done, or everything. Any other exception of [settle] means that the data was rejected; it is not retried
 * indefinitely. Repeating [settle], [renewLease], [cancel] and [closeLease] is harmless.
 */
@SubclassOptInRequired(RepriseSpi::class)
public interface CallStore : AutoCloseable {
    /** Measures durations in this process. Default of all stores: the system's; the clock of a test moves the whole queue with it. */
    public val clock: CallClock

    /** True if another process can change the store, so that it has to be polled. */
    public val isShared: Boolean

    /** What people on call see of the store, and do to it. */
    public val operations: CallOperations

    /**
     * Prepares the store.
     *
     * @throws dev.reprise.queue.model.StoreUnavailableException if the store cannot be reached.
     * @throws dev.reprise.queue.model.SchemaException if its tables are missing, or were created by a newer version.
     */
    public suspend fun open()

    /** What is wrong with how the store is set up, in sentences for an operator; known after [open]. Default: nothing. */
    public val warnings: List<String> get() = emptyList()

    /** Returns what the database promises about calls that it has accepted, as it is set now; null if there is none. */
    public suspend fun durability(): StoreDurability? = null

    /** Accepts all of [calls], or none. Returns the results in the same sequence. */
    public suspend fun enqueue(calls: List<NewCall>): List<EnqueueResult>

    /** Claims due calls for one worker and increases the token of each. Claims none if its lease is over, and none of a paused lane. */
    public suspend fun claim(request: ClaimRequest): ClaimResult

    /**
     * Records that an attempt at a claimed call starts, so that a later death of its worker is attributed to the call. Only done for calls
     * that have crashed before. Returns false, and records nothing, if the call belongs to another claim.
     */
    public suspend fun recordStart(call: StoredCall): Boolean

    /**
     * Writes how claims ended. Each settlement is guarded by the id, the token, the owner and the state of its call: one that does not match
     * is [SettleResult.STALE] and changes nothing. What follows an end (callbacks, the next call of the order, the unique key) is part of it.
     */
    public suspend fun settle(batch: List<Settlement>): List<SettleResult>

    /** Returns the running calls of [owner], for a worker that lost the response to a claim. */
    public suspend fun claimedBy(owner: String): List<StoredCall>

    /**
     * Opens the lease of a worker with a fresh [nonce], valid for [validMillis] from now. [worker] is a name for people; if [isNamed], it was
     * chosen by them, and a later process can have the same.
     */
    public suspend fun openLease(
        nonce: String,
        worker: String,
        isNamed: Boolean,
        validMillis: Long,
    )

    /**
     * Extends a lease to [validMillis] from now, also one that is over, unless it was judged or closed: then it returns null, which cannot be
     * undone. Lists of workers show how many calls it has [inFlight], and how many of its handlers are [hung].
     */
    public suspend fun renewLease(
        nonce: String,
        validMillis: Long,
        inFlight: Int = 0,
        hung: Int = 0,
    ): LeaseRenewal?

    /** Closes a lease. The calls that its worker still has become orphans. */
    public suspend fun closeLease(nonce: String)

    /**
     * Judges leases whose worker is dead: those that have been over for a while by the clock of the store, if that shows what is expected;
     * and immediately those whose worker is proven to be gone, where the store has such proofs. What it judges is decided in the statement
     * that judges.
     */
    public suspend fun sweep(sweep: LeaseSweep): LeaseJudgement

    /**
     * Returns true if this process does [duty] this time: of all processes that ask, one does it every [everyMillis]. [duty] is
     * "promote" or "purge".
     */
    public suspend fun takeTurn(
        duty: String,
        everyMillis: Long,
    ): Boolean

    /**
     * Returns at most [limit] running calls whose lease was judged or closed, by id, after the id [after]. Deletes leases that were judged
     * long ago, and advances orders that could not advance when their head ended.
     */
    public suspend fun orphans(
        after: String?,
        limit: Int,
    ): OrphanedCalls

    /**
     * Prepares at most [limit] calls that are due within a minute for claims, in a store that keeps later calls apart; returns how many.
     * Claims find all due calls without it, but more slowly. Default: there are none.
     */
    public suspend fun promote(limit: Int): Int = 0

    /**
     * Deletes at most [limit] calls whose retention is over, except dead ones, and at most [limit] unique keys whose time after the end of
     * their call is over. Returns the number of those of which there were more; if it is less than [limit], nothing is left.
     */
    public suspend fun purge(limit: Int): Int

    /**
     * Cancels a call that has not ended: by its worker if it is running, otherwise immediately. Then [rules] creates its callbacks from the
     * cancelled call and its failures, in the same transaction.
     */
    public suspend fun cancel(
        cid: String,
        rules: EndRules,
    ): CancelResult

    /** Makes dead calls ready again in the sequence of their ids, each with a fresh policy, behind the existing calls of the same order. */
    public suspend fun replay(cids: List<String>): List<ReplayResult>

    /** Deletes dead calls; calls that they blocked continue. Returns how many were deleted. */
    public suspend fun discard(cids: List<String>): Int

    /** Returns at most [limit] dead calls by id, after the id [after]. */
    public suspend fun deadCalls(
        after: String?,
        limit: Int,
    ): List<StoredCall>

    /** Stops or allows claims for a lane, in all processes; [by] is who paused it, null for a program. */
    public suspend fun pause(
        lane: String,
        paused: Boolean,
        by: String? = null,
    )

    /** Returns the call, ended or not; null if there is none. */
    public suspend fun find(cid: String): StoredCall?

    /** Returns the call that has the unique key [uniqueKey]; null if the key is free, or the call is not stored any more. */
    public suspend fun findUnique(uniqueKey: String): StoredCall?

    /**
     * Returns those of the order keys [keys], at most [MOST_ORDER_KEYS], behind whose calls a new one would wait: those with a call that has
     * not ended, or with a dead one that blocks its order. For each key it reads one entry of an index. A key whose last call has just ended
     * can be among them.
     */
    public suspend fun liveOrderKeys(keys: Set<String>): Set<String>

    /** Returns the failures of a call, oldest first: the first one and the last 99. */
    public suspend fun errors(cid: String): List<AttemptError>

    /** Returns the number of calls by handler and state. It costs the same for ten calls and for ten millions. */
    public suspend fun counts(): List<CallCount>

    /** Returns what determines whether a call runs; null if there is no such call. */
    public suspend fun status(cid: String): CallStatus?

    /** Calls [listener] after changes through this object that can create work. Closing the result removes the listener. */
    public fun onChange(listener: WorkListener): AutoCloseable

    /**
     * Until it is cancelled, calls the listeners for changes of other processes as well, as soon as the store learns of them. It can miss
     * any of them: only polling finds all. Default: it learns of none.
     */
    public suspend fun listen(): Nothing = awaitCancellation()

    public companion object {
        /** How many keys [liveOrderKeys] takes at a time. */
        public const val MOST_ORDER_KEYS: Int = 500
    }
}
