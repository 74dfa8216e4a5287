package dev.reprise.restate.internal

import com.fasterxml.jackson.databind.JsonNode
import dev.reprise.queue.model.StoreUnavailableException
import dev.restate.client.Client
import dev.restate.client.IngressException
import dev.restate.client.RequestOptions
import dev.restate.client.jdk.JdkClient
import dev.restate.common.Request
import dev.restate.serde.SerdeFactory
import kotlinx.coroutines.future.await
import kotlinx.coroutines.withTimeoutOrNull
import java.io.IOException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** The Restate server as a client sees it. What it cannot do for now is an outage of the store. */
internal class Server(
    ingress: String,
    private val admin: String,
) {
    /** A call that is awaited holds a request: HTTP/2 would limit how many there are. */
    private val http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()
    private val client: Client = JdkClient.of(http, ingress, SerdeFactory.NOOP, RequestOptions.DEFAULT)

    /** Stores [request], and waits for its answer by a worker. */
    suspend fun <Q : Any, R : Any> call(
        request: Request<Q, R>,
        limit: Duration = ANSWER,
    ): R = answered(limit) { client.callAsync(request).await().response() }

    /** Stores [request]; a worker answers it sooner or later. */
    suspend fun <Q : Any, R : Any> send(request: Request<Q, R>) {
        answered(ANSWER) { client.sendAsync(request).await() }
    }

    /** The rows that [sql] selects of the state of the server. */
    suspend fun query(sql: String): List<JsonNode> = post("query", mapOf("query" to sql)).path("rows").toList()

    /** Lets the server know the worker at [address]. */
    suspend fun register(address: String) {
        post("deployments", mapOf("uri" to address, "force" to true))
    }

    private suspend fun post(
        path: String,
        body: Any,
    ): JsonNode =
        answered(ANSWER) {
            val request =
                HttpRequest
                    .newBuilder(URI.create("${admin.trimEnd('/')}/$path"))
                    .header("content-type", JSON)
                    .header("accept", JSON)
                    .POST(HttpRequest.BodyPublishers.ofByteArray(Json.mapper.writeValueAsBytes(body)))
                    .build()
            val response = http.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray()).await()
            val text = response.body().decodeToString()
            if (response.statusCode() >= LEAST_ERROR) throw IOException("$path: ${response.statusCode()} $text")
            Json.mapper.readTree(text)
        }

    private suspend fun <T : Any> answered(
        limit: Duration,
        ask: suspend () -> T,
    ): T {
        val answer =
            try {
                withTimeoutOrNull(limit) { ask() }
            } catch (e: IngressException) {
                throw StoreUnavailableException("Restate does not answer: ${e.message}", e)
            } catch (e: IOException) {
                throw StoreUnavailableException("Restate does not answer: $e", e)
            }
        return answer ?: throw StoreUnavailableException("no worker has answered within $limit; one has to run")
    }

    private companion object {
        const val JSON = "application/json"
        const val LEAST_ERROR = 300
        val ANSWER = 30.seconds
    }
}
