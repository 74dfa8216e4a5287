package dev.reprise.queue.model

/**
 * Names a handler and says what goes in and out. A target is a value that callers and handlers share:
 *
 * ```
 * val charge = target("charge")                                     // text in, text out
 * val resize = Target("resize", PayloadCodec.Bytes, PayloadCodec.Bytes)
 * ```
 */
public class Target<Q, R>(
    /** The name the handler is registered under; 1 to 200 characters. */
    public val name: String,
    /** Writes and reads the requests. */
    public val request: PayloadCodec<Q>,
    /** Writes and reads the responses. */
    public val response: PayloadCodec<R>,
    /** The version of the requests that are written now; handed to the codec when they are read. Default: 1. */
    public val version: Int = 1,
) {
    init {
        requireKey("the name of a target", name)
    }

    override fun toString(): String = "Target($name)"
}

/** A target that takes text and returns text. */
public fun target(name: String): Target<String, String> = Target(name, PayloadCodec.Text, PayloadCodec.Text)

internal const val LONGEST_KEY = 200

/** @throws InvalidCallException if [key] is empty, too long, or holds what a database cannot. */
internal fun requireKey(
    what: String,
    key: String,
): String {
    if (key.isEmpty()) throw InvalidCallException("$what must not be empty")
    if (key.length > LONGEST_KEY) throw KeyTooLongException(what, key, LONGEST_KEY)
    if (key.any { it.isISOControl() }) throw InvalidCallException("$what must not hold control characters, but is '${key.visible()}'")
    return requireText(what, key)
}

/** @throws InvalidCallException if [text] holds what no database keeps: a zero character, or half of a surrogate pair. */
internal fun requireText(
    what: String,
    text: String,
): String {
    val isStorable = '\u0000' !in text && text.encodeToByteArray().decodeToString() == text
    if (!isStorable) {
        throw InvalidCallException("$what must not hold zero characters or halves of surrogate pairs, but is '${text.visible()}'")
    }
    return text
}

private fun String.visible() = take(40).map { if (it.isISOControl() || it.isSurrogate()) '\uFFFD' else it }.joinToString("")
