package dev.reprise.internal.util

import java.util.concurrent.ConcurrentHashMap

/**
 * At most ten lines a minute about each subject, such as a handler, then one that sums up the rest:
 * "charge: 412 more attempts failed: ConnectException 400, TimeoutException 12".
 */
internal class LimitedLog(
    private val log: SafeLog,
    private val level: System.Logger.Level,
    /** What happened to the rest: "attempts failed". */
    private val what: String,
    /** False if only the first line of each error class in a minute has a stack trace. */
    private val tracesAll: Boolean = false,
) {
    private class Minute {
        var lines = 0
        val traced = HashSet<String>()
        val omitted = HashMap<String, Int>()
    }

    private val minutes = ConcurrentHashMap<String, Minute>()

    /** True if the next line about [subject] is written. */
    fun hasRoomFor(subject: String): Boolean = (minutes[subject]?.lines ?: 0) < LINES

    /** Writes [line] about an error of the class [type], with [trace] if it is the turn of one; returns false if there is no room for it. */
    fun write(
        subject: String,
        type: String,
        trace: String?,
        line: () -> String,
    ): Boolean {
        var isWritten = false
        var isTraced = false
        minutes.compute(subject) { _, known ->
            (known ?: Minute()).apply {
                isWritten = lines < LINES
                if (isWritten) lines++ else omitted.merge(if (omitted.size < TYPES) simpleName(type) else "others", 1, Int::plus)
                isTraced = isWritten && (traced.add(type) || tracesAll)
            }
        }
        if (isWritten) log.log(level) { if (isTraced && trace != null) "${line()}\n$trace" else line() }
        return isWritten
    }

    /** To be called once a minute. */
    fun endMinute() {
        for (subject in minutes.keys) {
            val omitted = minutes.remove(subject)?.omitted.orEmpty()
            if (omitted.isNotEmpty()) log.log(level) { "$subject: ${omitted.values.sum()} more $what: ${listed(omitted)}" }
        }
    }

    private fun listed(omitted: Map<String, Int>) =
        omitted.entries.sortedByDescending { it.value }.joinToString { (type, count) -> "$type $count" }

    private companion object {
        const val LINES = 10
        const val TYPES = 20
    }
}

/** The name of the class [type] without its package. */
internal fun simpleName(type: String): String = type.substringAfterLast('.')

/** "1 attempt", "7 attempts". */
internal fun counted(
    count: Int,
    what: String,
): String = if (count == 1) "1 $what" else "$count ${what}s"
