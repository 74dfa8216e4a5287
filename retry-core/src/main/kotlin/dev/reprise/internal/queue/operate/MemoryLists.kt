package dev.reprise.internal.queue.operate

import dev.reprise.internal.queue.operate.ListPlan.Walk
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.Cursor
import dev.reprise.queue.operate.Group
import dev.reprise.queue.operate.GroupBy
import dev.reprise.queue.operate.Page
import dev.reprise.queue.operate.WorkerInfo
import dev.reprise.queue.spi.CallStatus
import dev.reprise.queue.spi.EndRules
import dev.reprise.queue.spi.StoredCall
import java.time.Instant

/** Lists the calls of a store in memory. */
internal class MemoryLists(
    private val state: MemoryState,
) {
    fun page(
        query: CallQuery,
        after: Cursor?,
        limit: Int,
    ): Page<StoredCall> {
        val plan = planOf(query) ?: return Page(emptyList(), null, isComplete = true)
        val start = after?.let(plan::place)
        val rest = entries(plan).dropWhile { start != null && plan.comparator.compare(plan.placeOf(it), start) <= 0 }.iterator()
        val found = ArrayList<StoredCall>()
        var last: StoredCall? = null
        var examined = 0
        while (rest.hasNext() && found.size < limit && examined < ListPlan.MOST_EXAMINED) {
            examined++
            last = rest.next().also { if (plan.accepts(it)) found += it }
        }
        val next = last?.takeIf { rest.hasNext() }?.let { plan.cursor(plan.placeOf(it)) }
        return Page(found, next, isComplete = next == null || found.size == limit)
    }

    private fun planOf(query: CallQuery): ListPlan? =
        ListPlan.of(
            query,
            query.lane?.let {
                WorkerText.handlersOf(it, workers(state.clock.millis()))
            },
        )

    fun workers(now: Long): List<WorkerInfo> =
        state.leases.all
            .map { (nonce, lease) ->
                WorkerText.read(
                    nonce,
                    lease.worker,
                    lease.info,
                    lease.inFlight,
                    lease.hung,
                    lease.judgedAt ?: lease.validUntil,
                    now,
                    state.pausedLanes.keys,
                )
            }.sortedWith(compareBy({ it.name }, { it.nonce }))

    private fun entries(plan: ListPlan): Sequence<StoredCall> =
        when {
            plan.query.cids.isNotEmpty() -> {
                plan.query.cids
                    .mapNotNull { state.calls[it] }
                    .asSequence()
                    .sorted(plan)
            }

            plan.walk == Walk.UNIQUE_KEY -> {
                listOfNotNull(
                    state.keys.holder(checkNotNull(plan.query.uniqueKey), state.clock.millis())?.let { state.calls[it] },
                ).asSequence()
            }

            plan.walk == Walk.DUE -> {
                state.calls.all
                    .filter { it.state == CallState.READY && it.handler in plan.handlers }
                    .sorted(plan)
            }

            plan.walk == Walk.ORDER_KEY -> {
                state.calls.all
                    .filter { it.request.orderKey == plan.query.orderKey }
                    .sorted(plan)
            }

            plan.walk == Walk.ENDED -> {
                state.calls.all
                    .filter { it.state.isEnd }
                    .sorted(plan)
            }

            plan.isDescending -> {
                state.calls.allDescending
            }

            else -> {
                state.calls.all
            }
        }

    private fun Sequence<StoredCall>.sorted(plan: ListPlan) =
        sortedWith { a, b -> plan.comparator.compare(plan.placeOf(a), plan.placeOf(b)) }

    fun groups(
        query: CallQuery,
        by: Set<GroupBy>,
    ): List<Group> {
        val plan = planOf(query) ?: return emptyList()
        val groups =
            state.calls.all
                .filter(plan::accepts)
                .groupBy { GroupKey.of(it, by) }
        return GroupKey.largest(
            groups.map { (key, calls) ->
                key.group(calls.size, calls.first().enqueuedAt, calls.last().enqueuedAt, calls.last().cid)
            },
        )
    }

    fun due(
        handlers: Set<String>,
        from: Long,
        bucketMillis: Long,
        buckets: Int,
    ): List<Long> {
        val counts = HashMap<Pair<String, Long>, Long>()
        for (call in state.calls.all) {
            if (call.state != CallState.READY || call.dueAt < from || (handlers.isNotEmpty() && call.handler !in handlers)) continue
            counts.merge(call.handler to (call.dueAt - from) / bucketMillis, 1, Long::plus)
        }
        return List(buckets) { bucket -> counts.filterKeys { it.second == bucket.toLong() }.values.sumOf { minOf(it, MOST_IN_BUCKET) } }
    }

    companion object {
        const val MOST_IN_BUCKET = 500L
    }
}

/** How long [call] is kept after its end: what [rules] do not know of its handler, the workers announce. */
internal fun MemoryState.keptMillis(
    call: StoredCall,
    rules: EndRules,
    now: Long,
): Long = rules.retainMillis(call) ?: WorkerText.retainMillisOf(call.handler, MemoryLists(this).workers(now))

/** What determines whether the call [cid] runs; null if there is none. */
internal fun MemoryState.status(
    cid: String,
    now: Long,
): CallStatus? {
    val call = calls[cid] ?: return null
    val head =
        call.request.orderKey
            ?.let(orders::headOf)
            ?.takeIf { it != cid }
    val owner = call.claim?.owner
    return CallStatus(
        call,
        now,
        head,
        headIsDead = head?.let { calls[it]?.state } == CallState.DEAD,
        worker = owner?.let(leases::workerOf),
        leaseMillis = owner?.let(leases::validUntil)?.let { it - now },
        pausedLanes = pausedLanes.keys.toSet(),
    )
}

/** What the calls of a group have in common. */
internal data class GroupKey(
    val handler: String?,
    val errorType: String?,
    val handlerVersion: Int?,
    val deadReason: DeadReason?,
) {
    fun group(
        count: Int,
        oldest: Long,
        newest: Long,
        sample: String,
    ): Group =
        Group(
            handler,
            errorType,
            handlerVersion,
            deadReason,
            minOf(count, Group.MOST),
            Instant.ofEpochMilli(oldest),
            Instant.ofEpochMilli(newest),
            sample,
        )

    companion object {
        private const val MOST_GROUPS = 50

        fun of(
            call: StoredCall,
            by: Set<GroupBy>,
        ): GroupKey =
            GroupKey(
                call.handler.takeIf { GroupBy.HANDLER in by },
                call.errorType.takeIf { GroupBy.ERROR_TYPE in by },
                call.handlerVersion.takeIf { GroupBy.HANDLER_VERSION in by },
                call.deadReason.takeIf { GroupBy.DEAD_REASON in by },
            )

        fun largest(groups: List<Group>): List<Group> =
            groups.sortedWith(compareBy<Group> { -it.count }.thenByDescending { it.newest }.thenBy { it.sampleCid }).take(MOST_GROUPS)
    }
}

/** The same page with its entries changed. */
internal fun <T, R> Page<T>.map(change: (T) -> R): Page<R> = Page(items.map(change), next, isComplete)
