package dev.reprise.queue

import dev.reprise.queue.model.CallState
import dev.reprise.queue.operate.AuditEntry
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.CallSummary
import dev.reprise.queue.operate.Cursor
import dev.reprise.queue.operate.Group
import dev.reprise.queue.operate.GroupBy
import dev.reprise.queue.operate.LaneInfo
import dev.reprise.queue.operate.Page
import dev.reprise.queue.operate.Pulse
import dev.reprise.queue.operate.StoreDurability
import dev.reprise.queue.operate.WorkerInfo
import dev.reprise.queue.spi.CallStore
import java.time.Instant
import java.util.concurrent.CompletableFuture
import kotlin.coroutines.Continuation
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.startCoroutine
import kotlin.time.Duration
import kotlin.time.toKotlinDuration
import java.time.Duration as JavaDuration

/**
 * What a person on call sees of a queue. No list costs more in a large store than in a small one. Kotlin calls the suspending functions, Java
 * their twins, which return futures.
 */
public abstract class QueueLists internal constructor(
    internal val store: CallStore,
) {
    private val operations get() = store.operations

    /**
     * Returns at most [limit] calls that fit [query], after the place [after]: the `next` of the page before, also in another process. A page
     * examines at most 5,000 entries; if it found fewer than [limit] in them, it is not complete, and its `next` continues it.
     *
     * @throws IllegalArgumentException if [limit] is not from 1 to 500, [after] is not of this query, or no index gives the order of [query].
     */
    @JvmSynthetic
    public suspend fun calls(
        query: CallQuery = CallQuery.ALL,
        after: Cursor? = null,
        limit: Int = 50,
    ): Page<CallSummary> {
        requireLimit(limit)
        return operations.calls(query, after, limit)
    }

    /** The same as a future. */
    @JvmOverloads
    public fun callsAsync(
        query: CallQuery,
        after: Cursor? = null,
        limit: Int = 50,
    ): CompletableFuture<Page<CallSummary>> = future { calls(query, after, limit) }

    /**
     * Returns the calls that fit [query] in groups of those that are alike [by]: at most 50, the largest first. A group counts at most 1,000
     * calls. Dead calls by handler, error type and version are counted wherever they are, all others among the first 5,000 entries of the list.
     *
     * @throws IllegalArgumentException if [by] is empty.
     */
    @JvmSynthetic
    public suspend fun groups(
        query: CallQuery = CallQuery.ALL.states(CallState.DEAD),
        by: Set<GroupBy> = setOf(GroupBy.HANDLER, GroupBy.ERROR_TYPE, GroupBy.HANDLER_VERSION),
    ): List<Group> {
        require(by.isNotEmpty()) { "calls are grouped by at least one property, but none was given" }
        return operations.groups(query, by)
    }

    /** The same as a future. */
    public fun groupsAsync(
        query: CallQuery,
        by: Set<GroupBy>,
    ): CompletableFuture<List<Group>> = future { groups(query, by) }

    /**
     * Returns how many ready calls of [handlers], or of all if it is empty, are due in each of [buckets] spans of [bucket], from the instant
     * [from] (null: from now). At most 500 of each handler are counted in a bucket.
     *
     * @throws IllegalArgumentException if [buckets] is not from 1 to 60, or [bucket] is shorter than a millisecond.
     */
    @JvmSynthetic
    public suspend fun due(
        handlers: Set<String> = emptySet(),
        from: Instant? = null,
        bucket: Duration,
        buckets: Int,
    ): List<Long> {
        require(buckets in 1..MOST_BUCKETS) { "buckets must be from 1 to $MOST_BUCKETS, but was $buckets" }
        require(bucket.inWholeMilliseconds > 0) { "bucket must be at least a millisecond, but was $bucket" }
        val named = handlers.ifEmpty { store.counts().filter { it.state == CallState.READY }.mapTo(HashSet()) { it.handler } }
        return if (named.isEmpty()) {
            List(
                buckets,
            ) { 0L }
        } else {
            operations.due(named, from?.toEpochMilli(), bucket.inWholeMilliseconds, buckets)
        }
    }

    /** The same as a future. */
    public fun dueAsync(
        handlers: Set<String>,
        from: Instant?,
        bucket: JavaDuration,
        buckets: Int,
    ): CompletableFuture<List<Long>> = future { due(handlers, from, bucket.toKotlinDuration(), buckets) }

    /** Returns the attempts of each handler and minute, of all workers, from the minute of [from] to before [to]. They are kept for two days. */
    @JvmSynthetic
    public suspend fun pulse(
        from: Instant,
        to: Instant,
    ): List<Pulse> = operations.pulse(from.toEpochMilli(), to.toEpochMilli())

    /** The same as a future. */
    public fun pulseAsync(
        from: Instant,
        to: Instant,
    ): CompletableFuture<List<Pulse>> = future { pulse(from, to) }

    /** Returns the workers, by name; those that died or stopped are listed as long as their lease is kept. */
    @JvmSynthetic
    public suspend fun workers(): List<WorkerInfo> = operations.workers()

    /** The same as a future. */
    public fun workersAsync(): CompletableFuture<List<WorkerInfo>> = future { workers() }

    /** Returns the lanes that live workers have, and those that are paused, by name. */
    @JvmSynthetic
    public suspend fun lanes(): List<LaneInfo> = operations.lanes()

    /** The same as a future. */
    public fun lanesAsync(): CompletableFuture<List<LaneInfo>> = future { lanes() }

    /**
     * Returns what operators did, the newest first: at most [limit] entries, after the place [after]. They are kept for 90 days.
     *
     * @throws IllegalArgumentException if [limit] is not from 1 to 500, or [after] is not of this list.
     */
    @JvmSynthetic
    public suspend fun audit(
        after: Cursor? = null,
        limit: Int = 50,
    ): Page<AuditEntry> {
        requireLimit(limit)
        return operations.audit(after, limit)
    }

    /** The same as a future. */
    @JvmOverloads
    public fun auditAsync(
        after: Cursor? = null,
        limit: Int = 50,
    ): CompletableFuture<Page<AuditEntry>> = future { audit(after, limit) }

    /** Returns what the database of the store promises about calls that it has accepted, as it is set now; null if there is none. */
    @JvmSynthetic
    public suspend fun durability(): StoreDurability? = store.durability()

    /** The same as a future. */
    public fun durabilityAsync(): CompletableFuture<StoreDurability?> = future { durability() }

    private fun requireLimit(limit: Int) = require(limit in 1..LARGEST_PAGE) { "limit must be from 1 to $LARGEST_PAGE, but was $limit" }

    private companion object {
        const val LARGEST_PAGE = 500
        const val MOST_BUCKETS = 60
    }
}

/** The result of [body], which starts on this thread. */
internal fun <T> future(body: suspend () -> T): CompletableFuture<T> {
    val future = CompletableFuture<T>()
    body.startCoroutine(Continuation(EmptyCoroutineContext) { result -> result.fold(future::complete, future::completeExceptionally) })
    return future
}
