package dev.reprise.console.internal.kit

import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.Cursor
import java.net.URLDecoder

/** The filter of a list, as the parameters of its page, of the API and of the command line: they have the names of [CallQuery]. */
internal object CallFilter {
    /** What pages and the API have beside a filter. */
    private val OTHER =
        setOf("after", "limit", "action", "note", "done", "by", "find", "bulk", "csrf", "back") +
            CallActions.all.flatMap { action -> action.fields.map { it.name } }

    private val DATE = Regex("""\d{4}-\d{2}-\d{2}""")
    private val LOCAL_TIME = Regex("""\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?""")

    /** @throws IllegalArgumentException if there is no such filter, or a value is none of it. */
    fun of(parameters: Map<String, List<String>>): CallQuery = CallQuery.parse(Links.query(pairs(parameters)))

    /** The filter that [text] is; null if it is one of a newer version, or none. */
    fun known(text: String): CallQuery? =
        try {
            CallQuery.parse(text)
        } catch (_: IllegalArgumentException) {
            null
        }

    /** The parameters of the filter alone. */
    fun pairs(parameters: Map<String, List<String>>): List<Pair<String, String>> =
        parameters
            .filterKeys { it !in OTHER }
            .flatMap { (name, values) -> values.filter { it.isNotBlank() }.map { name to normal(name, it.trim()) } }

    /** A day is its start, a time without a zone is in UTC. */
    private fun normal(
        name: String,
        value: String,
    ): String =
        when {
            !name.endsWith("-since") && !name.endsWith("-before") -> value
            DATE.matches(value) -> "${value}T00:00:00Z"
            LOCAL_TIME.matches(value) -> if (value.length == LONG_WITHOUT_SECONDS) "$value:00Z" else "${value}Z"
            else -> value
        }

    /** The filter for people: "state dead, handler charge". */
    fun words(query: CallQuery): String =
        query
            .toString()
            .split('&')
            .filter { it.isNotEmpty() }
            .joinToString { wordsOf(it.substringBefore('='), URLDecoder.decode(it.substringAfter('='), Charsets.UTF_8)) }
            .ifEmpty { "all calls" }

    /** The names of states and the like are words. */
    private fun wordsOf(
        name: String,
        value: String,
    ) = name.replace('-', ' ') + " " + if (name in setOf("state", "reason", "order")) value.lowercase().replace('_', ' ') else value

    fun cursor(visit: Visit): Cursor? = visit.parameter("after")?.let(Cursor::of)

    /** @throws IllegalArgumentException if it is no number from 1 to [most]. */
    fun limit(
        visit: Visit,
        default: Int = 50,
        most: Int = 500,
    ): Int {
        val text = visit.parameter("limit") ?: return default
        return requireNotNull(text.toIntOrNull()?.takeIf { it in 1..most }) { "limit must be from 1 to $most, but was '$text'" }
    }

    private const val LONG_WITHOUT_SECONDS = 16
}
