package dev.reprise.samples.http

import dev.reprise.http.HttpRetry
import dev.reprise.http.HttpRules
import dev.reprise.policy.RetryExhaustedException
import dev.reprise.policy.TransientFailures
import dev.reprise.retry
import dev.reprise.run.retryReport
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import java.net.ConnectException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse
import java.net.http.HttpResponse.BodyHandlers
import java.time.Duration
import java.util.UUID
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

class HttpRecipeTest :
    FunSpec({
        // docs:begin http-client
        val client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build()
        // docs:end

        // docs:begin http
        val prices = HttpRetry(
            retry {
                exponential(100.milliseconds, max = 2.seconds) // with full jitter
                maxAttempts(4)
                maxDuration(10.seconds) // for the whole run, delays included
            },
        )
        // docs:end

        suspend fun get(url: String): HttpResponse<String> {
            // docs:begin http-call
            val request = HttpRequest.newBuilder(URI(url)).timeout(Duration.ofSeconds(2)).build()
            val response = prices.send(client, request, BodyHandlers.ofString())
            // docs:end
            return response
        }

        test("a server that is busy twice and then returns the price") {
            PriceServer(503, 429, 200).use { server ->
                get("${server.url}/prices/umbrella").body() shouldBe "12 EUR"
                server.keys shouldHaveSize 3
            }
        }

        test("a page that does not exist is requested once") {
            PriceServer(404).use { server ->
                get(server.url).statusCode() shouldBe 404
                server.keys shouldHaveSize 1
            }
        }

        test("a server that is down is called four times") {
            val nobody = PriceServer(200).also { it.close() }
            val failure = shouldThrow<ConnectException> { get(nobody.url) }
            failure.retryReport?.attempts shouldBe 4
        }

        test("every attempt of an order sends the same key") {
            PriceServer(503, 200).use { server ->
                val url = "${server.url}/orders"
                // docs:begin http-post
                val order = HttpRequest
                    .newBuilder(URI(url))
                    .header("Idempotency-Key", UUID.randomUUID().toString()) // one key for all attempts of this order
                    .POST(BodyPublishers.ofString("one umbrella"))
                    .build()
                val receipt = prices.send(client, order, BodyHandlers.ofString())
                // docs:end
                receipt.body() shouldBe "12 EUR"
                server.keys.distinct() shouldHaveSize 1
                server.keys shouldHaveSize 2
            }
        }

        test("other rules, an exception for a status, the number of the attempt") {
            PriceServer(500).use { server ->
                val request = HttpRequest.newBuilder(URI(server.url)).build()
                // docs:begin http-rules
                val rules = HttpRules.DEFAULT
                    .retrying(500) // for idempotent requests
                    .notRetrying(408)
                    .idempotencyKeys("X-Request-Id")
                val strict = HttpRetry(
                    retry { maxAttempts(3) },
                    rules,
                ).throwing() // RetryExhaustedException instead of the last 500
                    .attemptHeader("X-Attempt")
                // docs:end
                shouldThrow<RetryExhaustedException> { strict.send(client, request, BodyHandlers.ofString()) }
                server.keys shouldHaveSize 3
            }
        }

        test("another client throws what the rules judge") {
            // docs:begin http-other
            val other = retry {
                on(TransientFailures.HTTP) // connections; HttpStatusException decides for itself
                exponential(100.milliseconds, max = 2.seconds)
                maxAttempts(4)
            }
            // docs:end
            val answers = ArrayDeque(listOf(429, 503, 404))
            val failure = shouldThrow<HttpStatusException> {
                other { throw HttpStatusException(answers.removeFirst(), isIdempotent = true, "0") }
            }
            failure.status shouldBe 404
            answers shouldContainExactly emptyList()
        }
    })
