package dev.reprise.internal.queue.operate

import dev.reprise.internal.queue.CorrelationIds
import dev.reprise.queue.model.CallState
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.CallQuery.Order
import dev.reprise.queue.operate.Cursor
import dev.reprise.queue.spi.StoredCall
import java.time.Instant

/** Which entries a list goes through, and in which order. */
internal class ListPlan private constructor(
    val query: CallQuery,
    val walk: Walk,
    val order: Order,
    /** The handlers whose calls fit; empty: all. */
    val handlers: Set<String>,
    val states: Set<CallState>,
) {
    /** The index that a list goes through. */
    enum class Walk {
        /** The call that has the unique key. */
        UNIQUE_KEY,

        /** The live calls with the order key in their order, and then the ended ones by their ids. */
        ORDER_KEY,

        /** The calls with the tag. */
        TAG,

        /** Ended calls by their end. */
        ENDED,

        /** Dead calls of each handler, error type and version. */
        DEAD_GROUPS,

        /** Live calls of each error type. */
        FAILING,

        /** Ready calls of the handlers by due time. */
        DUE,

        /** Running calls of each worker. */
        RUNNING,

        /** Calls by their ids, which begin with the time. */
        IDS,
    }

    val isDescending: Boolean get() = order == Order.NEWEST

    /**
     * No call that fits has an id before this one, which begins with the time: a list by ids starts there. Ids are created on the clocks of
     * processes, which are taken to be right within [CLOCKS_APART]. Null: any has.
     */
    val firstCid: String? =
        listOfNotNull(query.enqueuedSince?.toEpochMilli(), query.origCid?.let(CorrelationIds::millisOf))
            .maxOrNull()
            ?.let { CorrelationIds.lowest(it - CLOCKS_APART) }

    private val fingerprint = "%08x".format("$walk $order $query".hashCode())

    /** The place of an entry in this list, as text. */
    fun cursor(place: Place): Cursor = Cursor.of("$fingerprint.${place.sort}.${place.cid}")

    /** The place that [cursor] stands for. @throws IllegalArgumentException if it is of another list. */
    fun place(cursor: Cursor): Place {
        val parts = cursor.toString().split('.', limit = 3)
        val sort = parts.getOrNull(1)?.toLongOrNull()
        require(parts.size == 3 && sort != null && parts[0] == fingerprint) {
            "the cursor '$cursor' is not one of this list: pass the cursor of a page of the same query, or start from the beginning"
        }
        return Place(sort, parts[2])
    }

    /** The place of [call] in this list. */
    fun placeOf(call: StoredCall): Place =
        when (walk) {
            Walk.ENDED -> Place(call.endedAt ?: 0, call.cid)
            Walk.DUE -> Place(call.dueAt, call.cid)
            Walk.ORDER_KEY -> Place(if (call.state.isEnd) AFTER_LIVE else call.orderSeq, call.cid)
            else -> Place(0, call.cid)
        }

    val comparator: Comparator<Place> get() = if (isDescending) naturalOrder<Place>().reversed() else naturalOrder()

    /** True if [call] fits the query. */
    fun accepts(call: StoredCall): Boolean = call.state in states && acceptsNames(call) && acceptsCourse(call) && acceptsTimes(call)

    private fun acceptsNames(call: StoredCall) =
        query.cids.fit(call.cid) &&
            handlers.fit(call.handler) &&
            call.request.tags.containsAll(query.tags) &&
            query.orderKey.fits(call.request.orderKey) &&
            query.uniqueKey.fits(call.request.uniqueKey) &&
            query.origCid.fits(call.request.origCid)

    /** What has happened to it so far. */
    private fun acceptsCourse(call: StoredCall) =
        (!query.isWaitingForRetry || call.counters.failures > 0) &&
            query.errorTypes.fit(call.errorType) &&
            query.deadReasons.fit(call.deadReason) &&
            query.handlerVersions.fit(call.handlerVersion) &&
            query.handlerVersionBelow?.let { (call.handlerVersion ?: Int.MAX_VALUE) < it } != false &&
            query.minAttempts?.let { call.counters.attempts >= it } != false

    private fun acceptsTimes(call: StoredCall) =
        isBetween(call.enqueuedAt, query.enqueuedSince, query.enqueuedBefore) &&
            isBetween(call.dueAt, query.dueSince, query.dueBefore) &&
            isBetween(call.endedAt, query.endedSince, query.endedBefore)

    private fun <T> Collection<T>.fit(value: T?) = isEmpty() || value in this

    private fun String?.fits(value: String?) = this == null || this == value

    private fun isBetween(
        millis: Long?,
        since: Instant?,
        before: Instant?,
    ) = (since == null || (millis != null && millis >= since.toEpochMilli())) &&
        (before == null || (millis != null && millis < before.toEpochMilli()))

    companion object {
        /** A page examines at most so many entries. */
        const val MOST_EXAMINED = 5_000

        /** Ten minutes, in milliseconds. */
        private const val CLOCKS_APART = 600_000

        /** The sort value of what comes behind all live calls of an order. */
        const val AFTER_LIVE = Long.MAX_VALUE

        val LIVE = setOf(CallState.READY, CallState.HELD, CallState.RUNNING)
        val ENDED = CallState.entries.toSet() - LIVE

        /**
         * The plan of [query]; [laneHandlers] are the handlers of its lane. Null if no call can fit.
         *
         * @throws IllegalArgumentException if no index gives the order of the query.
         */
        fun of(
            query: CallQuery,
            laneHandlers: Set<String>?,
        ): ListPlan? {
            val handlers =
                if (laneHandlers == null ||
                    query.handlers.isEmpty()
                ) {
                    laneHandlers ?: query.handlers
                } else {
                    query.handlers intersect laneHandlers
                }
            val states = statesOf(query)
            if (states.isEmpty() || (handlers.isEmpty() && laneHandlers != null)) return null
            val givesDue = states == setOf(CallState.READY) && handlers.isNotEmpty()
            require(query.order != Order.DUE || givesDue) {
                "the order DUE needs the state READY and handlers or a lane; this query can be listed as OLDEST or NEWEST"
            }
            val walk = if (query.order == Order.DUE) Walk.DUE else walkOf(query, states, handlers)
            return ListPlan(query, walk, query.order ?: if (walk == Walk.DUE) Order.DUE else Order.OLDEST, handlers, states)
        }

        private fun walkOf(
            query: CallQuery,
            states: Set<CallState>,
            handlers: Set<String>,
        ): Walk =
            when {
                query.cids.isNotEmpty() -> Walk.IDS
                query.uniqueKey != null -> Walk.UNIQUE_KEY
                query.orderKey != null && query.order != Order.NEWEST -> Walk.ORDER_KEY
                query.tags.isNotEmpty() -> Walk.TAG
                query.endedSince != null || query.endedBefore != null -> Walk.ENDED
                states == setOf(CallState.DEAD) && (handlers + query.errorTypes + query.handlerVersions).isNotEmpty() -> Walk.DEAD_GROUPS
                LIVE.containsAll(states) && (query.isWaitingForRetry || query.errorTypes.isNotEmpty()) -> Walk.FAILING
                states == setOf(CallState.RUNNING) -> Walk.RUNNING
                states == setOf(CallState.READY) && handlers.isNotEmpty() && query.order == null -> Walk.DUE
                else -> Walk.IDS
            }

        private fun statesOf(query: CallQuery): Set<CallState> {
            var states = query.states.ifEmpty { CallState.entries.toSet() }
            if (query.isWaitingForRetry) states = states intersect setOf(CallState.READY)
            if (query.deadReasons.isNotEmpty()) states = states intersect setOf(CallState.DEAD)
            if (query.endedSince != null || query.endedBefore != null) states = states intersect ENDED
            return states
        }
    }
}

/** A place in a list, by its sort value and then by the id of the call. */
internal class Place(
    val sort: Long,
    val cid: String,
) : Comparable<Place> {
    override fun compareTo(other: Place): Int = compareValuesBy(this, other, { it.sort }, { it.cid })
}
