package dev.reprise.internal.queue

import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.InvalidCallException
import dev.reprise.queue.model.Payload
import dev.reprise.queue.model.PayloadException
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.target

/** A handler as it is registered: where its code comes from, and how it is to be run. */
internal class HandlerRegistration<Q, R>(
    val target: Target<Q, R>,
    val lane: String,
    val concurrency: Int,
    val source: HandlerSource<Q, R>,
) {
    /**
     * Decodes, runs, encodes; [onTaken] is told the version of the code as soon as it is known. A payload that cannot be read or written
     * is a failure like any other.
     */
    suspend fun run(
        context: CallContext,
        onTaken: (Int) -> Unit,
    ): Payload =
        source.use {
            onTaken(it.version)
            target.responsePayload(it.code(context, decode(context.call.order.payload)))
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

/** Gives the code of a handler out, for one attempt at a time. */
internal fun interface HandlerSource<Q, R> {
    fun take(): TakenHandler<Q, R>
}

/** The code for one attempt, given back by [release]. */
internal class TakenHandler<Q, R>(
    val version: Int,
    val code: suspend CallContext.(Q) -> R,
    val release: () -> Unit = {},
)

/** Code that does not change. */
internal fun <Q, R> fixed(
    version: Int,
    code: suspend CallContext.(Q) -> R,
): HandlerSource<Q, R> = TakenHandler(version, code).let { taken -> HandlerSource { taken } }

/** Takes the code for what is done in [work]. */
internal suspend fun <Q, R, T> HandlerSource<Q, R>.use(work: suspend (TakenHandler<Q, R>) -> T): T {
    val taken = take()
    try {
        return work(taken)
    } finally {
        taken.release()
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
