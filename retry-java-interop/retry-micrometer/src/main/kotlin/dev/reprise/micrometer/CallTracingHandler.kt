package dev.reprise.micrometer

import io.micrometer.observation.Observation
import io.micrometer.tracing.Link
import io.micrometer.tracing.Span
import io.micrometer.tracing.TraceContext
import io.micrometer.tracing.Tracer
import io.micrometer.tracing.handler.TracingObservationHandler
import io.micrometer.tracing.propagation.Propagator

/**
 * Makes a span of each `reprise.call`, of the kind CONSUMER, which begins a trace and has a link to the span that enqueued the call. Needs
 * `io.micrometer:micrometer-tracing`. Register it before the handlers that take every context:
 *
 * ```
 * registry.observationConfig().observationHandler(
 *     FirstMatchingCompositeObservationHandler(
 *         CallTracingHandler(tracer, propagator),
 *         PropagatingSenderTracingObservationHandler(tracer, propagator),
 *         DefaultTracingObservationHandler(tracer),
 *     ),
 * )
 * ```
 */
public class CallTracingHandler(
    private val tracer: Tracer,
    private val propagator: Propagator,
) : TracingObservationHandler<CallObservationContext> {
    override fun getTracer(): Tracer = tracer

    override fun supportsContext(context: Observation.Context): Boolean = context is CallObservationContext

    override fun onStart(context: CallObservationContext) {
        val span = tracer.spanBuilder().setNoParent().kind(Span.Kind.CONSUMER)
        enqueuedIn(context.headers)?.let { span.addLink(Link(it)) }
        getTracingContext(context).span = span.start()
    }

    override fun onError(context: CallObservationContext) {
        context.error?.let(getRequiredSpan(context)::error)
    }

    override fun onStop(context: CallObservationContext) {
        val span = getRequiredSpan(context)
        span.name(getSpanName(context))
        tagSpan(context, span)
        endSpan(context, span)
    }

    /** The span whose context is in [headers]: a propagator tells it as the parent of a span, which is thrown away. */
    private fun enqueuedIn(headers: Map<String, String>): TraceContext? {
        val child = propagator.extract(headers) { carrier, key -> carrier[key] }.start()
        try {
            val context = child.context()
            val parent = context.parentId()?.takeIf { id -> id.any { it != '0' } } ?: return null
            return tracer
                .traceContextBuilder()
                .traceId(context.traceId())
                .spanId(parent)
                .sampled(context.sampled())
                .build()
        } finally {
            child.abandon()
        }
    }
}
