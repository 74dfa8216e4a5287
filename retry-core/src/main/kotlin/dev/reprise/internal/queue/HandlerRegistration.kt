package dev.reprise.internal.queue

import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.Payload
import dev.reprise.queue.model.PayloadException
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.UnstorableResultException
import dev.reprise.queue.model.target
import kotlin.time.Duration

/** A registered handler: its code, its lane and its concurrency. */
internal class HandlerRegistration<Q, R>(
    val target: Target<Q, R>,
    val lane: String,
    val concurrency: Int,
    val source: HandlerSource<Q, R>,
    /** How long its finished calls are kept; null: as long as the queue keeps them. */
    val retention: Duration? = null,
    /** False if the requests of calls that succeeded are deleted. */
    val keepPayload: Boolean = true,
    /** False if calls that succeeded are counted but not kept. */
    val keepSucceeded: Boolean = true,
) {
    /** The same registration with other code. */
    fun <P, S> replaced(
        target: Target<P, S>,
        source: HandlerSource<P, S>,
    ) = HandlerRegistration(target, lane, concurrency, source, retention, keepPayload, keepSucceeded)

    /**
     * Decodes the request, runs the handler, encodes its result; calls [onTaken] with the version of the code as soon as it is known.
     *
     * @throws UnstorableResultException if the handler returned, and its result cannot be encoded or fails [requireSize].
     */
    suspend fun run(
        context: CallContext,
        requireSize: (Payload) -> Unit,
        onTaken: (Int) -> Unit,
    ): Payload =
        source.use {
            onTaken(it.version)
            encode(it.code(context, decode(context.call.request)), requireSize)
        }

    private fun encode(
        result: R,
        requireSize: (Payload) -> Unit,
    ): Payload =
        try {
            target.responsePayload(result).also(requireSize)
        } catch (e: Exception) {
            throw UnstorableResultException(e)
        }

    private fun decode(payload: Payload): Q {
        if (payload.codec != target.request.name) {
            throw PayloadException(
                "the payload was written by the codec '${payload.codec}', but '${target.name}' reads '${target.request.name}'",
            )
        }
        try {
            return target.request.decode(payload.bytes, payload.version)
        } catch (e: Exception) {
            throw PayloadException("the codec '${payload.codec}' cannot read the payload of ${payload.bytes.size} bytes: $e", e)
        }
    }
}

/** @throws InvalidCallException if the codec cannot write [value], as when it is of another type. */
internal fun <Q, R> Target<Q, R>.requestPayload(value: Q): Payload =
    try {
        Payload(request.encode(value), request.name, version)
    } catch (e: Exception) {
        val type = if (value == null) "null" else "a ${(value as Any).javaClass.name}"
        throw InvalidCallException("the codec '${request.name}' of '$name' cannot write $type: $e", e)
    }

internal fun <Q, R> Target<Q, R>.responsePayload(value: R): Payload =
    try {
        Payload(response.encode(value), response.name, version)
    } catch (e: Exception) {
        throw PayloadException("the codec '${response.name}' cannot write the response of '$name': $e", e)
    }
