package dev.reprise.samples.ktor

import dev.reprise.ktor.RepriseRetry
import dev.reprise.ktor.reprise
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.retry
import io.ktor.client.HttpClient
import io.ktor.client.engine.cio.CIO
import io.ktor.client.request.basicAuth
import io.ktor.client.request.get
import io.ktor.client.request.post
import io.ktor.client.request.setBody
import io.ktor.client.statement.HttpResponse
import io.ktor.client.statement.bodyAsText
import io.ktor.http.HttpHeaders
import io.ktor.http.HttpStatusCode
import io.ktor.server.application.Application
import io.ktor.server.engine.EmbeddedServer
import io.ktor.server.engine.embeddedServer
import io.ktor.server.response.header
import io.ktor.server.response.respond
import io.ktor.server.response.respondText
import io.ktor.server.routing.post
import io.ktor.server.routing.routing
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import io.ktor.server.cio.CIO as CioServer

/** An order service, and a customer whose server is busy. */
suspend fun main(): Unit = tell(::println)

/** Tells the story line by line. */
suspend fun tell(say: (String) -> Unit) {
    val customer = start { busyTwice() }
    val client = client(say)
    say("The shop takes an order. The customer's server is busy twice and asks for a second:")
    val shop =
        start {
            orders(InMemoryCallStore()) { order ->
                val response = client.post("http://localhost:${customer.port()}/webhooks") { setBody(order) }
                check(response.status == HttpStatusCode.OK) { "the customer responds with ${response.status}" }
            }
        }
    val accepted = client.post("http://localhost:${shop.port()}/orders") { setBody("one umbrella") }.bodyAsText()
    val ended = shop.application.reprise.queue
        .awaitEnd(accepted.removePrefix("accepted as "))
    say("  The webhook has ${ended.state}: ${ended.response?.bytes?.decodeToString()}.")
    val console = "http://localhost:${shop.port()}/ops/calls"
    val operator = client.get(console) { basicAuth("ada", "secret") }.bodyAsText()
    say("  The console says ${client.get(console).status.value} to a visitor; an operator sees the webhook: ${"webhook" in operator}.")
    listOf(shop, customer).forEach { it.stop() }
    client.close()
    say("Both servers have stopped; no call is lost.")
}

// docs:begin ktor-client
private fun client(say: (String) -> Unit): HttpClient =
    HttpClient(CIO) {
        install(RepriseRetry) {
            retry = retry {
                exponential(100.milliseconds, max = 2.seconds)
                maxAttempts(4)
                maxRetryAfter(10.seconds)
                beforeRetry { say("  ${(result as? HttpResponse)?.status ?: failure}, again in ${nextDelay?.inWholeSeconds} s") }
            }
        }
    }
// docs:end

private fun Application.busyTwice() {
    var requests = 0
    routing {
        post("/webhooks") {
            if (++requests <= 2) {
                call.response.header(HttpHeaders.RetryAfter, 1)
                call.respond(HttpStatusCode.ServiceUnavailable)
            } else {
                call.respondText("thank you")
            }
        }
    }
}

private fun start(module: Application.() -> Unit): EmbeddedServer<*, *> = embeddedServer(CioServer, port = 0, module = { module() }).start()

private suspend fun EmbeddedServer<*, *>.port(): Int = engine.resolvedConnectors().first().port
