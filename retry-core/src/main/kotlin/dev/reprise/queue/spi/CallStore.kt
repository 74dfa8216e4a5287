package dev.reprise.queue.spi

import dev.reprise.queue.model.AttemptError
import dev.reprise.queue.model.CallCount
import dev.reprise.queue.model.CancelResult
import dev.reprise.queue.model.ReplayResult
import kotlinx.coroutines.awaitCancellation

/**
 * Where durable calls live: the only operations the queue needs.
 *
 * Every operation is one transaction: it happens or it does not. All instants are taken from the clock of the store and never from a
 * worker's, so that a worker whose clock is wrong neither steals nor loses a call. No operation holds anything while user code runs.
 *
 * Every operation but [open] throws [StoreUnavailableException][dev.reprise.queue.model.StoreUnavailableException] if the store does not answer; nothing was done then, or all was. What
 * else [settle] throws is taken for a refusal of the values it was given: it is not asked again for ever.
 * Repeating [settle], [renew], [cancel] and [leave] is harmless.
 */
public interface CallStore : AutoCloseable {
    /**
     * Measures durations in this process. The default of all stores is the system's; a test hands in its own and moves all of the queue
     * with it.
     */
    public val clock: CallClock

    /** True if another process may change the store, so that it has to be asked again and again. */
    public val isShared: Boolean

    /**
     * Gets ready to work.
     *
     * @throws StoreUnavailableException if the store cannot be reached.
     * @throws SchemaException if its tables are missing, or made by a newer version.
     */
    public suspend fun open()

    /** Accepts all of [calls], or none; the answers are in their order. */
    public suspend fun enqueue(calls: List<NewCall>): List<EnqueueResult>

    /**
     * Gives due calls to one worker and raises the token of each. Gives none to a worker whose lease is over, and none of a paused lane.
     */
    public suspend fun claim(order: ClaimRequest): ClaimResult

    /**
     * Writes how claims ended. Each is guarded by the id, the token, the owner and the state of its call: one that does not fit is
     * [SettleResult.STALE] and changes nothing. What follows an end (callbacks, the next call of the order, the freed key) is part of it.
     */
    public suspend fun settle(batch: List<Settlement>): List<SettleResult>

    /** The running calls that [owner] has: what a worker asks when it does not know whether a claim of its own was made. */
    public suspend fun claimsOf(owner: String): List<StoredCall>

    /** Registers the lease of a worker under a fresh [nonce], valid for [validMillis] from now. [worker] is for people to read. */
    public suspend fun join(
        nonce: String,
        worker: String,
        validMillis: Long,
    )

    /** Makes a lease valid for [validMillis] from now; null if it is over, which no renewal mends. */
    public suspend fun renew(
        nonce: String,
        validMillis: Long,
    ): LeaseRenewal?

    /** Gives a lease back. What its worker still has becomes an orphan. */
    public suspend fun leave(nonce: String)

    /**
     * At most [limit] running calls whose worker has no valid lease, by id, beginning behind the id [after]. Forgets leases that are long
     * over, and lets orders go on that could not when their head ended.
     */
    public suspend fun orphans(
        after: String?,
        limit: Int,
    ): OrphanedCalls

    /** Removes what ended more than [retainMillis] ago (dead calls stay), at most [limit] calls. Returns how many were removed. */
    public suspend fun tidy(
        retainMillis: Long,
        limit: Int,
    ): Int

    /** Cancels a call that has not ended: at once if nobody runs it, and then [callbacks] are enqueued; else by asking its worker. */
    public suspend fun cancel(
        cid: String,
        callbacks: List<NewCall>,
    ): CancelResult

    /** Makes dead calls ready again in the order of their ids, each in a run of its own, behind those of the same order that are there. */
    public suspend fun replay(cids: List<String>): List<ReplayResult>

    /** Removes dead calls for good and lets go on what waited behind them. Returns how many were removed. */
    public suspend fun discard(cids: List<String>): Int

    /** At most [limit] dead calls by id, beginning behind the id [after]. */
    public suspend fun dead(
        after: String?,
        limit: Int,
    ): List<StoredCall>

    /** Stops or restarts claims for a lane, in all processes. */
    public suspend fun pause(
        lane: String,
        paused: Boolean,
    )

    /** The call, ended or not; null if there is none. */
    public suspend fun find(cid: String): StoredCall?

    /** What is known about the failures of a call: the first and the last 99, oldest first. */
    public suspend fun errors(cid: String): List<AttemptError>

    /** How many calls there are by handler and state; costs the same for ten calls and for ten millions. */
    public suspend fun counts(): List<CallCount>

    /** What bears on whether a call runs; null if there is no such call. */
    public suspend fun situation(cid: String): CallStatus?

    /** Calls [listener] after changes made through this object that may give somebody something to do. Closing the answer ends that. */
    public fun onChange(listener: () -> Unit): AutoCloseable

    /**
     * Until it is cancelled, has the listeners called for changes made elsewhere as well, as far and as soon as the store hears of them.
     * It may miss any of them: only asking shows what there is. Default: it hears of none.
     */
    public suspend fun listen(): Nothing = awaitCancellation()
}
