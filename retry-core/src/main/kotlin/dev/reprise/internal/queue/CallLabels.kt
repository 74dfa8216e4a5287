package dev.reprise.internal.queue

import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.requireKey
import dev.reprise.queue.model.requireText

/** What a call carries for people and for other programs, and the limits of it. */
internal object CallLabels {
    private const val MOST_TAGS = 10
    private const val LONGEST_TAG = 100
    private const val LONGEST_TITLE = 200
    private const val MOST_HEADERS = 20
    private const val LARGEST_HEADERS = 8192
    private val separator = Regex("[\\p{Cntrl}:]")

    fun tags(tags: List<String>): List<String> {
        val distinct = tags.map { requireKey("a tag", it, LONGEST_TAG) }.distinct()
        if (distinct.size > MOST_TAGS) throw InvalidCallException("a call has at most $MOST_TAGS tags, but ${distinct.size} were set")
        return distinct
    }

    fun title(title: String): String = requireKey("title", title, LONGEST_TITLE)

    /** The title of a call of [target] with [request], made to fit: it says less than the request, which is stored anyway. */
    fun <Q> described(
        target: Target<Q, *>,
        request: Q,
    ): String? {
        val text = target.describe?.apply(request) ?: return null
        val line = text.map { if (it.isISOControl()) ' ' else it }.joinToString("").trim()
        return line
            .take(LONGEST_TITLE)
            .encodeToByteArray()
            .decodeToString()
            .ifEmpty { null }
    }

    fun headers(headers: Map<String, String>): Map<String, String> {
        if (headers.size >
            MOST_HEADERS
        ) {
            throw InvalidCallException("a call has at most $MOST_HEADERS headers, but ${headers.size} were set")
        }
        for ((name, value) in headers) {
            if (requireText("the name of a header", name).let { it.isEmpty() || separator in it }) {
                throw InvalidCallException("the name of a header must not be empty, nor hold colons or control characters, but is '$name'")
            }
            if (requireText("the header '$name'", value).any { it.isISOControl() }) {
                throw InvalidCallException("the header '$name' must not hold control characters")
            }
        }
        val bytes = headers.entries.sumOf { it.key.encodeToByteArray().size + it.value.encodeToByteArray().size }
        if (bytes > LARGEST_HEADERS) {
            throw InvalidCallException(
                "the headers of a call have at most $LARGEST_HEADERS bytes, but have $bytes: send the rest in the request",
            )
        }
        return headers.toMap()
    }
}
