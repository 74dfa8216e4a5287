package dev.reprise.internal.queue

import dev.reprise.RetryPolicy
import dev.reprise.queue.LaneBuilder
import dev.reprise.queue.model.CallOptions
import dev.reprise.queue.model.Payload
import dev.reprise.queue.model.PayloadTooLargeException
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.UnknownHandlerException
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.NewCall
import java.util.concurrent.ConcurrentHashMap
import kotlin.random.Random
import kotlin.time.Duration

/** A queue as it was told. */
internal class QueueSettings(
    val handlers: ConcurrentHashMap<String, HandlerRegistration<*, *>>,
    private val concurrency: Map<String, Int>,
    val policy: RetryPolicy,
    val random: Random,
    val workerName: String,
    val pollInterval: Duration,
    val retention: Duration,
    val attemptTimeout: Duration,
    val maxPayloadBytes: Int,
) {
    val lanes: Set<String> get() = handlers.values.mapTo(LinkedHashSet()) { it.lane }

    fun concurrencyOf(lane: String): Int = concurrency[lane] ?: LaneBuilder.DEFAULT_CONCURRENCY

    /** @throws PayloadTooLargeException if [payload] is. */
    fun requireSize(
        payload: Payload,
        target: String,
    ) {
        if (payload.bytes.size > maxPayloadBytes) throw PayloadTooLargeException(target, payload.bytes.size, maxPayloadBytes)
    }

    /** The handler that is registered as [name]. @throws UnknownHandlerException if none is. */
    fun registration(name: String): HandlerRegistration<*, *> = handlers[name] ?: throw UnknownHandlerException(name, handlers.keys)

    /** The target of the handler that is registered as [name]. @throws UnknownHandlerException if none is. */
    @Suppress("UNCHECKED_CAST")
    fun target(name: String): Target<Any?, Any?> = registration(name).target as Target<Any?, Any?>

    /** A call with [request] to [target], asked for by [caller], as it is told in [block]. */
    fun <Q, R> newCall(
        target: Target<Q, R>,
        request: Q,
        caller: CurrentCall?,
        block: CallOptions.() -> Unit,
    ): NewCall = CallOptions(this).apply(block).build(target, target.requestPayload(request), caller)
}
