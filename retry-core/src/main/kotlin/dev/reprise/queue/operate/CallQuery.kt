package dev.reprise.queue.operate

import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import java.net.URLDecoder
import java.net.URLEncoder
import java.time.Instant
import java.util.SortedMap
import java.util.TreeMap

/**
 * Which calls are listed, or acted on: those that fit everything that is set. An immutable value:
 *
 * ```
 * CallQuery.ALL.states(CallState.DEAD).handlers("charge").errorTypes("java.net.ConnectException")
 * ```
 *
 * Its text has the form of a query string, `error=java.net.ConnectException&handler=charge&state=DEAD`, and [parse] reads it.
 */
public class CallQuery private constructor(
    private val filters: SortedMap<String, List<String>>,
) {
    /** The order of a list. */
    public enum class Order {
        /** By acceptance, the first one first; with a range of ends, by the end. */
        OLDEST,

        /** By acceptance, the last one first; with a range of ends, by the end. */
        NEWEST,

        /** By the time when they are due, the earliest first. Only for [CallState.READY] calls of given handlers. */
        DUE,
    }

    /** The ids of the calls; empty: any. */
    public val cids: Set<String> = all("cid") { it }

    /** The states that a call can be in; empty: any. */
    public val states: Set<CallState> = all("state") { CallState.valueOf(it.uppercase()) }

    /** True if only calls are meant that failed and are waiting to be retried. */
    public val isWaitingForRetry: Boolean = first("retrying") { it.toBooleanStrict() } ?: false

    /** The names of the handlers; empty: any. */
    public val handlers: Set<String> = all("handler") { it }

    /** The lane in which live workers have the handler; null: any. */
    public val lane: String? = first("lane") { it }

    /** The tags, all of which a call must have. */
    public val tags: Set<String> = all("tag") { it }

    /** The order key; null: any or none. */
    public val orderKey: String? = first("order-key") { it }

    /** The unique key, as long as the call has it; null: any or none. */
    public val uniqueKey: String? = first("unique-key") { it }

    /** The id of the call whose handler enqueued it; null: any. */
    public val origCid: String? = first("orig-cid") { it }

    /** The class of its last failure; empty: any or none. */
    public val errorTypes: Set<String> = all("error") { it }

    /** Why it is dead; empty: any. */
    public val deadReasons: Set<DeadReason> = all("reason") { DeadReason.valueOf(it.uppercase()) }

    /** The version of the handler that made the last attempt; empty: any. */
    public val handlerVersions: Set<Int> = all("version") { it.toInt() }

    /** The version of the handler that made the last attempt is lower than this; null: any. */
    public val handlerVersionBelow: Int? = first("version-below") { it.toInt() }

    /** It has been attempted at least so many times; null: any number. */
    public val minAttempts: Int? = first("min-attempts") { it.toInt() }

    /** It was accepted at this instant or later; null: at any time. */
    public val enqueuedSince: Instant? = first("enqueued-since", Instant::parse)

    /** It was accepted before this instant; null: at any time. */
    public val enqueuedBefore: Instant? = first("enqueued-before", Instant::parse)

    /** It is, or was last, due at this instant or later; null: at any time. */
    public val dueSince: Instant? = first("due-since", Instant::parse)

    /** It is, or was last, due before this instant; null: at any time. */
    public val dueBefore: Instant? = first("due-before", Instant::parse)

    /** It ended at this instant or later; null: at any time, or never. */
    public val endedSince: Instant? = first("ended-since", Instant::parse)

    /** It ended before this instant; null: at any time, or never. */
    public val endedBefore: Instant? = first("ended-before", Instant::parse)

    /** The order of the list; null: [Order.DUE] where there is an index for it, otherwise [Order.OLDEST]. */
    public val order: Order? = first("order") { Order.valueOf(it.uppercase()) }

    /** The same query for calls that have one of the ids [cids]. */
    public fun cids(vararg cids: String): CallQuery = with("cid", cids.toList())

    /** The same query for calls in one of [states]. */
    public fun states(vararg states: CallState): CallQuery = with("state", states.map { it.name })

    /** The same query for calls that failed and are waiting to be retried. */
    public fun waitingForRetry(): CallQuery = with("retrying", listOf("true"))

    /** The same query for calls of one of [handlers]. */
    public fun handlers(vararg handlers: String): CallQuery = with("handler", handlers.toList())

    /** The same query for calls of the handlers that live workers serve in [lane]. */
    public fun lane(lane: String): CallQuery = with("lane", listOf(lane))

    /** The same query for calls that have all of [tags]. */
    public fun tags(vararg tags: String): CallQuery = with("tag", tags.toList())

    /** The same query for calls with the order key [key]. */
    public fun orderKey(key: String): CallQuery = with("order-key", listOf(key))

    /** The same query for the call that has the unique key [key]. */
    public fun uniqueKey(key: String): CallQuery = with("unique-key", listOf(key))

    /** The same query for calls that the handler of the call [cid] enqueued. A list by ids starts ten minutes before the call. */
    public fun origCid(cid: String): CallQuery = with("orig-cid", listOf(cid))

    /** The same query for calls whose last failure was of one of [types], full names of classes. */
    public fun errorTypes(vararg types: String): CallQuery = with("error", types.toList())

    /** The same query for calls that are dead for one of [reasons]. */
    public fun deadReasons(vararg reasons: DeadReason): CallQuery = with("reason", reasons.map { it.name })

    /** The same query for calls whose last attempt was made by one of [versions] of its handler. */
    public fun handlerVersions(vararg versions: Int): CallQuery = with("version", versions.map { it.toString() })

    /** The same query for calls whose last attempt was made by a version of its handler below [version]. */
    public fun handlerVersionBelow(version: Int): CallQuery = with("version-below", listOf(version.toString()))

    /** The same query for calls with at least [attempts] attempts. */
    public fun minAttempts(attempts: Int): CallQuery = with("min-attempts", listOf(attempts.toString()))

    /**
     * The same query for calls that were accepted at [instant] or later. A list by ids starts ten minutes before it, so calls from a process
     * whose clock is slow by more are missing.
     */
    public fun enqueuedSince(instant: Instant): CallQuery = with("enqueued-since", listOf(instant.toString()))

    /** The same query for calls that were accepted before [instant]. */
    public fun enqueuedBefore(instant: Instant): CallQuery = with("enqueued-before", listOf(instant.toString()))

    /** The same query for calls that are, or were last, due at [instant] or later. */
    public fun dueSince(instant: Instant): CallQuery = with("due-since", listOf(instant.toString()))

    /** The same query for calls that are, or were last, due before [instant]. */
    public fun dueBefore(instant: Instant): CallQuery = with("due-before", listOf(instant.toString()))

    /** The same query for calls that ended at [instant] or later. */
    public fun endedSince(instant: Instant): CallQuery = with("ended-since", listOf(instant.toString()))

    /** The same query for calls that ended before [instant]. */
    public fun endedBefore(instant: Instant): CallQuery = with("ended-before", listOf(instant.toString()))

    /** The same query in the order [order]. */
    public fun order(order: Order): CallQuery = with("order", listOf(order.name))

    override fun equals(other: Any?): Boolean = other is CallQuery && filters == other.filters

    override fun hashCode(): Int = filters.hashCode()

    /** The query as text, empty for [ALL]; [parse] reads it. */
    override fun toString(): String =
        filters.flatMap { (name, values) -> values.map { "$name=${URLEncoder.encode(it, Charsets.UTF_8)}" } }.joinToString("&")

    private fun with(
        name: String,
        values: List<String>,
    ): CallQuery {
        val changed = TreeMap(filters).apply { if (values.isEmpty()) remove(name) else put(name, values.distinct().sorted()) }
        return CallQuery(changed)
    }

    private fun <T> all(
        name: String,
        read: (String) -> T,
    ): Set<T> = filters[name].orEmpty().mapTo(LinkedHashSet()) { read(name, it, read) }

    private fun <T> first(
        name: String,
        read: (String) -> T,
    ): T? = filters[name]?.let { read(name, it.last(), read) }

    private fun <T> read(
        name: String,
        value: String,
        read: (String) -> T,
    ): T =
        try {
            read(value)
        } catch (e: RuntimeException) {
            throw IllegalArgumentException("the filter '$name' cannot be '$value': ${e.message}", e)
        }

    public companion object {
        private val NAMES =
            setOf(
                "cid",
                "state",
                "retrying",
                "handler",
                "lane",
                "tag",
                "order-key",
                "unique-key",
                "orig-cid",
                "error",
                "reason",
                "version",
            ) +
                setOf("version-below", "min-attempts", "enqueued-since", "enqueued-before", "due-since", "due-before") +
                setOf("ended-since", "ended-before", "order")

        /** All calls. */
        @JvmField
        public val ALL: CallQuery = CallQuery(TreeMap())

        /** Reads what [toString] wrote. @throws IllegalArgumentException if [text] has an unknown filter, or a value that is none of it. */
        @JvmStatic
        public fun parse(text: String): CallQuery {
            val filters = TreeMap<String, List<String>>()
            for (pair in text.split('&').filter { it.isNotEmpty() }) {
                val (name, value) = listOf(pair.substringBefore('='), pair.substringAfter('=', ""))
                require(name in NAMES) { "there is no filter '$name'; there are ${NAMES.sorted().joinToString()}" }
                filters.merge(name, listOf(URLDecoder.decode(value, Charsets.UTF_8))) { old, new -> (old + new).distinct().sorted() }
            }
            return CallQuery(filters)
        }
    }
}
