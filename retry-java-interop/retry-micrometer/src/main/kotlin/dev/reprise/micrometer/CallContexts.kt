package dev.reprise.micrometer

import io.micrometer.common.KeyValue
import io.micrometer.common.KeyValues
import io.micrometer.observation.Observation
import io.micrometer.observation.ObservationConvention
import io.micrometer.observation.transport.Kind
import io.micrometer.observation.transport.SenderContext

/** A durable call that is being created: what is set on its carrier becomes a header of it. */
public class EnqueueObservationContext internal constructor(
    /** The name of the handler. */
    public val handler: String,
    headers: MutableMap<String, String>,
) : SenderContext<MutableMap<String, String>>({ carrier, key, value -> carrier?.put(key, value) }, Kind.PRODUCER) {
    init {
        setCarrier(headers)
        remoteServiceName = SYSTEM
    }
}

/** An attempt at a durable call. */
public class CallObservationContext internal constructor(
    /** The id of the call. */
    public val cid: String,
    /** The name of the handler. */
    public val handler: String,
    /** The 1-based number of the attempt. */
    public val attempt: Int,
    /** The headers of the call. */
    public val headers: Map<String, String>,
) : Observation.Context() {
    /** What the attempt ended as, in lower case: `returned`, `failed` …; null before its end. */
    @Volatile
    public var result: String? = null
        internal set

    /** The baggage of the span that enqueued the call. */
    internal var baggage: Map<String, String> = emptyMap()
}

internal class EnqueueConvention(
    private val handlers: TagValues,
) : ObservationConvention<EnqueueObservationContext> {
    override fun getName() = "reprise.enqueue"

    override fun getContextualName(context: EnqueueObservationContext) = "create ${context.handler}"

    override fun getLowCardinalityKeyValues(context: EnqueueObservationContext) = keys("create", handlers.of(context.handler))

    override fun supportsContext(context: Observation.Context) = context is EnqueueObservationContext
}

internal class CallConvention(
    private val handlers: TagValues,
) : ObservationConvention<CallObservationContext> {
    override fun getName() = "reprise.call"

    override fun getContextualName(context: CallObservationContext) = "process ${context.handler}"

    override fun getLowCardinalityKeyValues(context: CallObservationContext): KeyValues =
        keys("process", handlers.of(context.handler)).and(KeyValue.of("result", context.result ?: KeyValue.NONE_VALUE))

    override fun getHighCardinalityKeyValues(context: CallObservationContext): KeyValues =
        KeyValues.of("messaging.message.id", context.cid, "attempt", context.attempt.toString())

    override fun supportsContext(context: Observation.Context) = context is CallObservationContext
}

private fun keys(
    operation: String,
    handler: String,
): KeyValues = KeyValues.of("messaging.system", SYSTEM, "messaging.operation.type", operation, "messaging.destination.name", handler)

private const val SYSTEM = "reprise"
