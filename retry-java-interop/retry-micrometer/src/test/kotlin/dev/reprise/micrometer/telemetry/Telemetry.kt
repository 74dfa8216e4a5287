package dev.reprise.micrometer.telemetry

import dev.reprise.micrometer.CallTracingHandler
import io.micrometer.observation.ObservationHandler.FirstMatchingCompositeObservationHandler
import io.micrometer.observation.ObservationRegistry
import io.micrometer.tracing.handler.DefaultTracingObservationHandler
import io.micrometer.tracing.handler.PropagatingSenderTracingObservationHandler
import io.micrometer.tracing.otel.bridge.OtelBaggageManager
import io.micrometer.tracing.otel.bridge.OtelCurrentTraceContext
import io.micrometer.tracing.otel.bridge.OtelPropagator
import io.micrometer.tracing.otel.bridge.OtelTracer
import io.opentelemetry.api.baggage.propagation.W3CBaggagePropagator
import io.opentelemetry.api.common.AttributeKey
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator
import io.opentelemetry.context.propagation.ContextPropagators
import io.opentelemetry.context.propagation.TextMapPropagator
import io.opentelemetry.sdk.common.CompletableResultCode
import io.opentelemetry.sdk.trace.SdkTracerProvider
import io.opentelemetry.sdk.trace.data.SpanData
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor
import io.opentelemetry.sdk.trace.export.SpanExporter
import java.util.concurrent.CopyOnWriteArrayList

/** OpenTelemetry behind the observations of a registry. */
class Telemetry {
    val spans = CopyOnWriteArrayList<SpanData>()
    val registry: ObservationRegistry = ObservationRegistry.create()
    private val exporter =
        object : SpanExporter {
            override fun export(ended: Collection<SpanData>) = CompletableResultCode.ofSuccess().also { spans += ended }

            override fun flush(): CompletableResultCode = CompletableResultCode.ofSuccess()

            override fun shutdown(): CompletableResultCode = CompletableResultCode.ofSuccess()
        }
    private val otel = SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(exporter)).build()["test"]
    private val current = OtelCurrentTraceContext()
    val tracer = OtelTracer(otel, current, {}, OtelBaggageManager(current, listOf("tenant"), emptyList()))

    init {
        val w3c = TextMapPropagator.composite(W3CTraceContextPropagator.getInstance(), W3CBaggagePropagator.getInstance())
        val propagator = OtelPropagator(ContextPropagators.create(w3c), otel)
        registry.observationConfig().observationHandler(
            FirstMatchingCompositeObservationHandler(
                CallTracingHandler(tracer, propagator),
                PropagatingSenderTracingObservationHandler(tracer, propagator),
                DefaultTracingObservationHandler(tracer),
            ),
        )
    }

    fun named(name: String) = spans.filter { it.name == name }
}

/** An attribute that is a text. */
fun SpanData.text(key: String): String? = attributes[AttributeKey.stringKey(key)]
