package dev.reprise.queue.spi

import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.operate.AuditEntry
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.CallSummary
import dev.reprise.queue.operate.Cursor
import dev.reprise.queue.operate.Group
import dev.reprise.queue.operate.GroupBy
import dev.reprise.queue.operate.LaneInfo
import dev.reprise.queue.operate.Page
import dev.reprise.queue.operate.Pulse
import dev.reprise.queue.operate.WorkerInfo
import java.sql.Connection

/**
 * What people on call see of a store, and do to it. None of it costs more in a large store than in a small one: a page examines at most 5,000
 * entries of one index, a group counts at most 1,000 calls.
 *
 * Every operation throws [StoreUnavailableException][dev.reprise.queue.model.StoreUnavailableException] if the store does not respond, and
 * [IllegalArgumentException] for a cursor that is not one of its list.
 */
@SubclassOptInRequired(RepriseSpi::class)
public interface CallOperations {
    /** Returns at most [limit] calls that fit [query], those after the place [after]. */
    public suspend fun calls(
        query: CallQuery,
        after: Cursor?,
        limit: Int,
    ): Page<CallSummary>

    /** Returns at most 50 groups of the calls that fit [query], the largest first. */
    public suspend fun groups(
        query: CallQuery,
        by: Set<GroupBy>,
    ): List<Group>

    /**
     * Returns how many calls of [handlers] are ready and due in each of [buckets] spans of [bucketMillis] from [from], in epoch milliseconds;
     * null: from now. It counts at most 500 of each handler in a bucket.
     */
    public suspend fun due(
        handlers: Set<String>,
        from: Long?,
        bucketMillis: Long,
        buckets: Int,
    ): List<Long>

    /** Returns the pulses from the minute of [from] to before [to], in epoch milliseconds, summed over all workers, by time and handler. */
    public suspend fun pulse(
        from: Long,
        to: Long,
    ): List<Pulse>

    /** Writes [pulses] of [worker], a nonce, in place of those that it wrote before for the same minutes. */
    public suspend fun putPulses(
        worker: String,
        pulses: List<Pulse>,
    )

    /** Writes what the worker with the lease `nonce` of [worker] says about itself, for [workers]. Its lease is not changed. */
    public suspend fun describe(worker: WorkerInfo)

    /** Returns the workers whose lease is kept, by name. */
    public suspend fun workers(): List<WorkerInfo>

    /** Returns the lanes of the workers with a valid lease, and those that are paused, by name. */
    public suspend fun lanes(): List<LaneInfo>

    /** Returns at most [limit] entries of the audit, the newest first, those after the place [after]. */
    public suspend fun audit(
        after: Cursor?,
        limit: Int,
    ): Page<AuditEntry>

    /** Writes [entry], at the present on the clock of the store, or updates what its action has done so far. Returns it as it is stored. */
    public suspend fun record(entry: AuditEntry): AuditEntry

    /** Does a page of an action, in one transaction together with its entry of the audit. */
    public suspend fun act(page: ActionPage): ActionPageResult
}

/** The operations of a store that can write in a transaction of the caller. */
@SubclassOptInRequired(RepriseSpi::class)
public interface TransactionalCallOperations : CallOperations {
    /** Does a page of an action, and writes its entry of the audit, in the transaction of [connection]. Blocks; neither commits nor closes. */
    public fun act(
        connection: Connection,
        page: ActionPage,
    ): ActionPageResult
}

/** How long the audit is kept: 90 days. */
internal const val AUDIT_KEPT_MILLIS = 90 * 24 * 3_600_000L

/** How long pulses are kept: two days. */
internal const val PULSE_KEPT_MILLIS = 48 * 3_600_000L
