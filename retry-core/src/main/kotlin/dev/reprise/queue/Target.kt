package dev.reprise.queue

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
    if (key.length > LONGEST_KEY) {
        throw InvalidCallException(
            "$what must have at most $LONGEST_KEY characters, but has ${key.length}: '${key.take(40)}…'; a digest of it would do",
        )
    }
    if ('\u0000' in key) throw InvalidCallException("$what must not hold a zero character, but is '${key.replace('\u0000', '\uFFFD')}'")
    return key
}
