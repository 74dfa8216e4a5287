package dev.reprise.samples.http

import dev.reprise.retry
import dev.reprise.run.retryReport
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.future.await
import java.io.IOException
import java.net.ConnectException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse.BodyHandlers
import java.time.Duration
import java.util.UUID
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

class HttpRecipeTest :
    FunSpec({
        // docs:begin http-get
        val client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build()

        suspend fun send(request: HttpRequest.Builder): String {
            val response = client.sendAsync(request.timeout(Duration.ofSeconds(2)).build(), BodyHandlers.ofString()).await()
            if (response.statusCode() >= 400) {
                throw HttpStatusException(response.statusCode(), response.headers().firstValue("Retry-After").orElse(null))
            }
            return response.body()
        }

        suspend fun get(url: String) = send(HttpRequest.newBuilder(URI(url)))
        // docs:end

        // docs:begin http
        val prices = retry {
            on<IOException>() // connection failures, timeouts, and HttpStatusException
            exponential(100.milliseconds, max = 2.seconds) // with full jitter
            maxAttempts(4)
            within(10.seconds) // for the whole run, delays included
        }
        // docs:end

        test("a server that is busy twice and then returns the price") {
            PriceServer(503, 429, 200).use { server ->
                // docs:begin http-call
                val price = prices { get("${server.url}/prices/umbrella") }
                // docs:end
                price shouldBe "12 EUR"
                server.keys shouldHaveSize 3
            }
        }

        test("a page that does not exist is requested once") {
            PriceServer(404).use { server ->
                shouldThrow<HttpStatusException> { prices { get(server.url) } }.status shouldBe 404
                server.keys shouldHaveSize 1
            }
        }

        test("a server that is down is called four times") {
            val nobody = PriceServer(200).also { it.close() }
            val failure = shouldThrow<ConnectException> { prices { get(nobody.url) } }
            failure.retryReport?.attempts shouldBe 4
        }

        test("every attempt of an order sends the same key") {
            PriceServer(503, 200).use { server ->
                val url = "${server.url}/orders"
                // docs:begin http-post
                val key = UUID.randomUUID().toString() // one key for all attempts of this order
                val receipt = prices {
                    send(HttpRequest.newBuilder(URI(url)).header("Idempotency-Key", key).POST(BodyPublishers.ofString("one umbrella")))
                }
                // docs:end
                receipt shouldBe "12 EUR"
                server.keys shouldContainExactly listOf(key, key)
            }
        }
    })
