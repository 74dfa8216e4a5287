package dev.reprise.queue.model

import java.time.Instant
import java.util.function.Function

/**
 * Names a handler, and the codecs of its requests and responses. A target is a value that callers and handlers share:
 *
 * ```
 * val charge = target("charge")                                     // text in, text out; in Java: Target.text("charge")
 * val resize = Target("resize", PayloadCodec.Bytes, PayloadCodec.Bytes)
 * ```
 */
public class Target<Q, R> internal constructor(
    /** The name of the handler; 1 to 200 characters. */
    public val name: String,
    /** The codec of the requests. */
    public val request: PayloadCodec<Q>,
    /** The codec of the responses. */
    public val response: PayloadCodec<R>,
    /** The version of the requests written now; the codec receives it when it reads them. Default: 1. */
    public val version: Int,
    /** True if the handler [undoHandlerOf] this one is called for a call that ends before its handler is through with it. */
    internal val isUndone: Boolean,
    /** The title of a call that has none, from its request. */
    internal val describe: Function<in Q, String>? = null,
) {
    /** [describe] returns the title of a call, which lists show, from its request; it is cut to 200 characters. Default: no title. */
    @JvmOverloads
    public constructor(
        name: String,
        request: PayloadCodec<Q>,
        response: PayloadCodec<R>,
        version: Int = 1,
        describe: Function<in Q, String>? = null,
    ) : this(name, request, response, version, isUndone = false, describe)

    init {
        requireKey("the name of a target", name)
        for (codec in listOf(request, response)) requireKey("the name of a codec", codec.name, LONGEST_CODEC_NAME)
    }

    /**
     * The same target with requests that [codec] writes, for calls whose handler is registered with another one. That reads them if the two codecs
     * have the same name; otherwise the attempts fail.
     */
    public fun <P> withRequests(codec: PayloadCodec<P>): Target<P, R> = Target(name, codec, response, version, isUndone)

    override fun toString(): String = "Target($name)"

    public companion object {
        /** A target that takes text and returns text. */
        @JvmStatic
        public fun text(name: String): Target<String, String> = Target(name, PayloadCodec.Text, PayloadCodec.Text)

        /** The target of a callback, which receives the outcome of another call. */
        @JvmStatic
        public fun callback(name: String): Target<CallOutcome, Void?> = Target(name, PayloadCodec.Outcome, PayloadCodec.none())
    }
}

/** A target that takes text and returns text. */
@JvmSynthetic
public fun target(name: String): Target<String, String> = Target(name, PayloadCodec.Text, PayloadCodec.Text)

/** The name of the handler that undoes what the handler [name] did for a call that was cut off. */
internal fun undoHandlerOf(name: String): String = "$name/undo"

/** The unique key of the call that undoes what the call [cid] did. */
internal fun undoKeyOf(cid: String): String = "$cid/undo"

/** The state in an outcome that nothing ended with: an operator asks for the undoing of the run. */
internal const val UNDO_REQUESTED = "UNDO"

/** The codec of the requests of durable workflows, by which they are known where their code is not. */
internal const val WORKFLOW_INPUTS = "workflow inputs"

/** The header of a call whose run starts over, if a person had to look at it: an operator has replayed it so. */
internal const val RESET_HEADER = "reprise-reset"

/** What asks the handler [undoHandlerOf] the handler [name] to undo the run of the call [cid]: an outcome, which is what it takes. */
internal fun undoRequestOf(
    name: String,
    cid: String,
): CallOutcome =
    CallOutcome(
        ok = false,
        source = null,
        target = name,
        retryRepeats = null,
        retrySeconds = null,
        callCid = cid,
        origCid = null,
        requestedAt = Instant.EPOCH,
        respondedAt = Instant.EPOCH,
        response = null,
        context = null,
        state = UNDO_REQUESTED,
        attempts = 0,
        errors = emptyList(),
    )

internal const val LONGEST_KEY = 200
private const val LONGEST_CODEC_NAME = 100

/** @throws InvalidCallException if [key] is empty, too long, or holds what a database cannot. */
internal fun requireKey(
    what: String,
    key: String,
    longest: Int = LONGEST_KEY,
): String {
    if (key.isEmpty()) throw InvalidCallException("$what must not be empty")
    if (key.length > longest) throw KeyTooLongException(what, key, longest)
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
