package dev.reprise.micrometer

import dev.reprise.micrometer.telemetry.Telemetry
import dev.reprise.micrometer.telemetry.text
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.target
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.maps.shouldBeEmpty
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.shouldNotBe
import io.kotest.matchers.string.shouldContain
import io.micrometer.observation.Observation
import io.micrometer.observation.ObservationRegistry
import io.opentelemetry.api.baggage.Baggage
import io.opentelemetry.api.trace.SpanKind
import io.opentelemetry.api.trace.StatusCode
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import java.io.IOException
import java.util.concurrent.CopyOnWriteArrayList

private val charge = target("charge")

class CallObservationsTest : FunSpec({
    test("each attempt is a trace of its own, with a link to the span that enqueued its call") {
        val telemetry = Telemetry()
        val (seen, tenants) = CopyOnWriteArrayList<String?>() to CopyOnWriteArrayList<String?>()
        runTest {
            val queue =
                RetryQueue.on(InMemoryCallStore { currentTime }) {
                    listener(CallObservations(telemetry.registry))
                    handle(charge) {
                        seen +=
                            telemetry.registry.currentObservation
                                ?.contextView
                                ?.name
                        tenants += telemetry.tracer.getBaggage("tenant")?.get()
                        withContext(Dispatchers.Default) { tenants += Baggage.current().getEntryValue("tenant") }
                        if (attempt == 1) throw IOException("down") else "paid"
                    }
                }
            queue.start(backgroundScope)
            val checkout = Observation.start("checkout", telemetry.registry)
            val call =
                checkout.openScope().use {
                    telemetry.tracer.createBaggageInScope("tenant", "7").use { queue.enqueue(charge, "42") }
                }
            checkout.stop()
            call.awaitEnd().state shouldBe CallState.SUCCEEDED
            val headers = queue.find(call.cid)!!.headers
            headers.keys shouldContainExactly setOf("traceparent", "baggage")
            queue.shutdown()

            val created = telemetry.named("create charge").single()
            headers.getValue("traceparent") shouldContain "${created.traceId}-${created.spanId}"
            headers.getValue("baggage").substringBefore(';') shouldBe "tenant=7"
            created.kind shouldBe SpanKind.PRODUCER
            created.parentSpanId shouldBe telemetry.named("checkout").single().spanId
            val attempts = telemetry.named("process charge")
            attempts.map { it.kind } shouldContainExactly listOf(SpanKind.CONSUMER, SpanKind.CONSUMER)
            attempts.map { it.text("result") } shouldContainExactly listOf("failed", "returned")
            attempts.map { it.text("attempt") } shouldContainExactly listOf("1", "2")
            attempts.map { it.text("messaging.message.id") }.distinct() shouldContainExactly listOf(call.cid)
            attempts.map { it.status.statusCode } shouldContainExactly listOf(StatusCode.ERROR, StatusCode.OK)
            for (span in attempts) {
                span.parentSpanContext.isValid shouldBe false
                span.links.map { it.spanContext.spanId } shouldContainExactly listOf(created.spanId)
                span.links.map { it.spanContext.traceId } shouldContainExactly listOf(created.traceId)
                span.traceId shouldNotBe created.traceId
            }
        }
        seen shouldContainExactly listOf("reprise.call", "reprise.call")
        tenants shouldContainExactly listOf("7", "7", "7", "7")
        Baggage.current().isEmpty shouldBe true
        telemetry.registry.currentObservation.shouldBeNull()
    }

    test("a call that nothing has traced has no link, and a registry without handlers nothing at all") {
        val telemetry = Telemetry()
        runTest {
            val store = InMemoryCallStore { currentTime }
            val call = RetryQueue.on(store) { listener(CallObservations(ObservationRegistry.NOOP)) }.enqueue(charge, "42")
            val queue =
                RetryQueue.on(store) {
                    listener(CallObservations(telemetry.registry))
                    handle(charge) { "paid" }
                }
            queue.find(call.cid)!!.headers.shouldBeEmpty()
            queue.start(backgroundScope)
            queue.awaitEnd(call.cid)
            queue.shutdown()
        }
        telemetry.spans.map { it.name } shouldContainExactly listOf("process charge")
        telemetry.spans
            .single()
            .links
            .shouldBeEmpty()
    }
})
