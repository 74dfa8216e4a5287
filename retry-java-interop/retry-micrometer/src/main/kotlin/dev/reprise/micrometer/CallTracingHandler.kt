package dev.reprise.micrometer

import io.micrometer.observation.Observation
import io.micrometer.tracing.CurrentTraceContext
import io.micrometer.tracing.Link
import io.micrometer.tracing.Span
import io.micrometer.tracing.TraceContext
import io.micrometer.tracing.Tracer
import io.micrometer.tracing.handler.TracingObservationHandler
import io.micrometer.tracing.propagation.Propagator

/**
 * Makes a span of each `reprise.call`, of the kind CONSUMER, which begins a trace and has a link to the span that enqueued the call. The handler
 * has the baggage of that span. Needs `io.micrometer:micrometer-tracing`. Register it before the handlers that take every context:
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
        val builder = tracer.spanBuilder().setNoParent().kind(Span.Kind.CONSUMER)
        val enqueued = propagator.extract(context.headers) { carrier, key -> carrier[key] }.start()
        try {
            spanOf(enqueued)?.let { builder.addLink(Link(it)) }
            getTracingContext(context).span = builder.start()
            context.baggage = tracer.getAllBaggage(enqueued.context())
        } finally {
            enqueued.abandon()
        }
    }

    /** The span first, because baggage belongs to the current one. */
    override fun onScopeOpened(context: CallObservationContext) {
        super<TracingObservationHandler>.onScopeOpened(context)
        val tracing = getTracingContext(context)
        val scope = tracing.scope
        val baggage = context.baggage.map { (name, value) -> tracer.createBaggageInScope(name, value) }
        tracing.scope =
            CurrentTraceContext.Scope {
                baggage.asReversed().forEach { it.close() }
                scope?.close()
            }
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

    /** The span that a propagator found, as the parent of [child], which is thrown away; null if it found none. */
    private fun spanOf(child: Span): TraceContext? {
        val context = child.context()
        val parent = context.parentId()?.takeIf { id -> id.any { it != '0' } } ?: return null
        return tracer
            .traceContextBuilder()
            .traceId(context.traceId())
            .spanId(parent)
            .sampled(context.sampled())
            .build()
    }
}
