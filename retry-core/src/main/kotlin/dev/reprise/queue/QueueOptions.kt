package dev.reprise.queue

import dev.reprise.policy.RetryPolicy
import java.util.concurrent.ConcurrentHashMap
import kotlin.random.Random
import kotlin.time.Duration

/** A queue as it was told. */
internal class QueueOptions(
    val handlers: ConcurrentHashMap<String, Registration<*, *>>,
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
    fun registration(name: String): Registration<*, *> = handlers[name] ?: throw UnknownHandlerException(name, handlers.keys)

    /** The target of the handler that is registered as [name]. @throws UnknownHandlerException if none is. */
    @Suppress("UNCHECKED_CAST")
    fun target(name: String): Target<Any?, Any?> = registration(name).target as Target<Any?, Any?>

    /** A call with [request] to [target], asked for by [caller], as it is told in [block]. */
    fun <Q, R> newCall(
        target: Target<Q, R>,
        request: Q,
        caller: CallScope?,
        block: EnqueueBuilder.() -> Unit,
    ): NewCall = EnqueueBuilder(this).apply(block).build(target, target.requestPayload(request), caller)
}
