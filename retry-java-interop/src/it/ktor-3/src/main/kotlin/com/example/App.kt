package com.example

import dev.reprise.ktor.Reprise
import dev.reprise.ktor.RepriseRetry
import dev.reprise.ktor.reprise
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.target
import dev.reprise.retry
import io.ktor.client.HttpClient
import io.ktor.client.request.post
import io.ktor.client.request.setBody
import io.ktor.client.statement.bodyAsText
import io.ktor.http.HttpHeaders
import io.ktor.http.HttpStatusCode
import io.ktor.server.application.Application
import io.ktor.server.application.install
import io.ktor.server.cio.CIO
import io.ktor.server.engine.EmbeddedServer
import io.ktor.server.engine.embeddedServer
import io.ktor.server.request.receiveText
import io.ktor.server.response.header
import io.ktor.server.response.respond
import io.ktor.server.response.respondText
import io.ktor.server.routing.post
import io.ktor.server.routing.routing
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.runBlocking
import java.nio.file.Path
import kotlin.io.path.createTempDirectory
import kotlin.time.Duration.Companion.milliseconds
import io.ktor.client.engine.cio.CIO as CioClient

private val charge = target("charge")

/** A server with durable calls, whose route is busy once, and a client that retries. */
fun main(arguments: Array<String>) = runBlocking {
    if (arguments.isNotEmpty()) {
        val server = start(Path.of(arguments[0])) {
            println("charging")
            awaitCancellation()
        }
        println(server.engine.resolvedConnectors().first().port)
        awaitCancellation()
    }
    val file = createTempDirectory(Path.of("target"), "queue").resolve("calls.db")
    println("happened: " + survive(file))
    val version = CoroutineScope::class.java.getResource("/META-INF/kotlinx_coroutines_core.version")
    println("on: coroutines ${version?.readText()}, stdlib ${KotlinVersion.CURRENT}")
}

private fun start(
    file: Path,
    handler: suspend CallContext.(String) -> String,
): EmbeddedServer<*, *> = embeddedServer(CIO, port = 0) { shop(file, handler) }.start()

private fun Application.shop(
    file: Path,
    handler: suspend CallContext.(String) -> String,
) {
    install(Reprise) {
        queue(JdbcCallStore(file)) { handle(charge, handler = handler) }
    }
    var requests = 0
    routing {
        post("/orders") {
            if (++requests == 1) {
                call.response.header(HttpHeaders.RetryAfter, 0)
                call.respond(HttpStatusCode.ServiceUnavailable)
            } else {
                val order = call.application.reprise.queue.enqueue(charge, call.receiveText())
                call.respondText("$requests requests, ${order.cid}")
            }
        }
    }
}

/** Orders at another process, kills it, and continues here. */
private suspend fun survive(file: Path): String {
    val java = Path.of(System.getProperty("java.home"), "bin", "java").toString()
    val shop = ProcessBuilder(java, "-cp", System.getProperty("java.class.path"), "com.example.AppKt", file.toString()).start()
    val said = shop.inputReader()
    val port = generateSequence(said::readLine).first { it.toIntOrNull() != null }
    val client =
        HttpClient(CioClient) {
            install(RepriseRetry) {
                retry = retry {
                    every(10.milliseconds)
                    maxAttempts(3)
                }
            }
        }
    val (requests, cid) = client.use { it.post("http://localhost:$port/orders") { setBody("42 EUR") }.bodyAsText() }.split(", ")
    generateSequence(said::readLine).first { it == "charging" }
    shop.destroyForcibly().waitFor() // kill -9

    val crashes = CompletableDeferred<Int>()
    val server = start(file) { order -> "$order paid".also { crashes.complete(call.crashes) } }
    val ended = server.application.reprise.queue.awaitEnd(cid)
    server.stop()
    return "$requests | ${ended.state} after ${crashes.await()} crash"
}
