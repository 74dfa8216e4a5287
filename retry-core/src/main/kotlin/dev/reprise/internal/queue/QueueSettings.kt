package dev.reprise.internal.queue

import dev.reprise.CarriedContext
import dev.reprise.RetryPolicy
import dev.reprise.internal.util.CoroutinesVersion
import dev.reprise.queue.event.CallListener
import dev.reprise.queue.model.Payload
import dev.reprise.queue.model.PayloadTooLargeException
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.UnknownHandlerException
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.CallerTransaction
import java.util.concurrent.ConcurrentHashMap
import kotlin.coroutines.CoroutineContext
import kotlin.random.Random
import kotlin.time.Duration

/** The resolved configuration of a queue. */
internal class QueueSettings(
    val handlers: ConcurrentHashMap<String, HandlerRegistration<*, *>>,
    private val concurrency: Map<String, Int>,
    val policy: RetryPolicy,
    val random: Random,
    val workerName: String,
    /** True if that name was set, and is not the default. */
    val isNamed: Boolean,
    val pollInterval: Duration,
    val retention: Duration,
    val attemptTimeout: Duration,
    val maxPayloadBytes: Int,
    /** Where futures wait and are completed; null: on daemon threads. */
    val futureContext: CoroutineContext?,
    val leaseTimes: LeaseTimes,
    val maxCrashes: Int,
    val crashWindow: Duration,
    applicationLoader: ClassLoader?,
    val failures: FailureRecorder,
    val callerTransaction: CallerTransaction?,
    val listeners: List<CallListener>,
    /** True if attempts are counted by handler and minute. */
    val pulse: Boolean,
    /** What each worker does once a minute besides its own cleaning. */
    val chores: List<suspend (CallStore) -> Unit>,
    val context: CarriedContext,
    /** Null if it is unknown. */
    val applicationVersion: String?,
) {
    val policies = PolicyCache(applicationLoader) { handlers[it]?.source?.loader }

    /** What follows the end of a call. */
    val endRules = Callbacks(this)

    init {
        CoroutinesVersion.requireSupported()
        policies.write(policy)
    }

    val lanes: Set<String> get() = handlers.values.mapTo(LinkedHashSet()) { it.lane }

    fun concurrencyOf(lane: String): Int = concurrency[lane] ?: DEFAULT_CONCURRENCY

    /** @throws PayloadTooLargeException if [payload] is too large. */
    fun requireSize(
        payload: Payload,
        target: String,
    ) {
        requireSize(payload.bytes.size, "a payload of '$target'")
    }

    /** @throws PayloadTooLargeException if [bytes], the size of [what], is too large. */
    fun requireSize(
        bytes: Int,
        what: String,
    ) {
        if (bytes > maxPayloadBytes) throw PayloadTooLargeException(what, bytes, maxPayloadBytes)
    }

    /** The handler that is registered as [name]. @throws UnknownHandlerException if there is none. */
    fun registration(name: String): HandlerRegistration<*, *> = handlers[name] ?: throw UnknownHandlerException(name, handlers.keys)

    /** The target of the handler that is registered as [name]. @throws UnknownHandlerException if there is none. */
    @Suppress("UNCHECKED_CAST")
    fun target(name: String): Target<Any?, Any?> = registration(name).target as Target<Any?, Any?>

    /** Later attempts run [source]. @throws UnknownHandlerException if no handler is registered for [target]. */
    fun <Q, R> replaceHandler(
        target: Target<Q, R>,
        source: HandlerSource<Q, R>,
    ) {
        handlers.computeIfPresent(target.name) { _, old -> old.replaced(target, source) }
            ?: throw UnknownHandlerException(target.name, handlers.keys)
    }

    companion object {
        /** How many calls of a lane run at a time if the lane is not configured. */
        const val DEFAULT_CONCURRENCY: Int = 10
    }
}
