package dev.reprise.http

import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.retry
import dev.reprise.run.retryReport
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.test.testTimeSource
import java.io.InputStream
import java.net.Authenticator
import java.net.CookieHandler
import java.net.ProxySelector
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpHeaders
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse
import java.net.http.HttpResponse.BodyHandler
import java.net.http.HttpResponse.BodyHandlers
import java.net.http.HttpResponse.PushPromiseHandler
import java.time.Duration
import java.util.Optional
import java.util.concurrent.CompletableFuture
import java.util.concurrent.Executor
import javax.net.ssl.SSLContext
import javax.net.ssl.SSLParameters
import javax.net.ssl.SSLSession
import kotlin.time.Duration.Companion.seconds

/** A client whose responses the test completes; [exchange] creates the future of each request. */
private class ManualClient(
    private val exchange: () -> CompletableFuture<HttpResponse<InputStream>> = { CompletableFuture() },
) : HttpClient() {
    val exchanges = ArrayList<CompletableFuture<HttpResponse<InputStream>>>()

    @Suppress("UNCHECKED_CAST")
    override fun <T> sendAsync(
        request: HttpRequest,
        handler: BodyHandler<T>,
    ): CompletableFuture<HttpResponse<T>> = exchange().also(exchanges::add) as CompletableFuture<HttpResponse<T>>

    override fun <T> sendAsync(
        request: HttpRequest,
        handler: BodyHandler<T>,
        pushes: PushPromiseHandler<T>?,
    ): CompletableFuture<HttpResponse<T>> = sendAsync(request, handler)

    override fun <T> send(
        request: HttpRequest,
        handler: BodyHandler<T>,
    ): HttpResponse<T> = sendAsync(request, handler).get()

    override fun cookieHandler(): Optional<CookieHandler> = Optional.empty()

    override fun connectTimeout(): Optional<Duration> = Optional.empty()

    override fun followRedirects(): Redirect = Redirect.NEVER

    override fun proxy(): Optional<ProxySelector> = Optional.empty()

    override fun sslContext(): SSLContext = SSLContext.getDefault()

    override fun sslParameters(): SSLParameters = SSLParameters()

    override fun authenticator(): Optional<Authenticator> = Optional.empty()

    override fun version(): Version = Version.HTTP_1_1

    override fun executor(): Optional<Executor> = Optional.empty()
}

/** A response whose body records that it was closed. */
private class StreamedResponse(
    private val status: Int = 200,
) : HttpResponse<InputStream> {
    var isClosed = false
        private set
    private val body =
        object : InputStream() {
            override fun read() = -1

            override fun close() {
                isClosed = true
            }
        }

    override fun statusCode() = status

    override fun request(): HttpRequest = throw UnsupportedOperationException()

    override fun previousResponse() = Optional.empty<HttpResponse<InputStream>>()

    override fun headers(): HttpHeaders = HttpHeaders.of(emptyMap()) { _, _ -> true }

    override fun body() = body

    override fun sslSession() = Optional.empty<SSLSession>()

    override fun uri() = URI("http://localhost/")

    override fun version() = HttpClient.Version.HTTP_1_1
}

private fun request(method: String) =
    HttpRequest.newBuilder(URI("http://localhost/")).method(method, BodyPublishers.ofString("one")).build()

@OptIn(ExperimentalCoroutinesApi::class)
class HttpLimitsTest : FunSpec({
    val streams = BodyHandlers.ofInputStream()

    test("an attempt that times out can have been processed: a PUT is sent again, a POST is not") {
        runTest {
            val http =
                HttpRetry(
                    retry {
                        attemptTimeout(1.seconds)
                        maxAttempts(3)
                        testing { timeSource(testTimeSource) }
                    },
                )
            val client = ManualClient()
            shouldThrow<AttemptTimeoutException> { http.send(client, request("PUT"), streams) }.retryReport!!.attempts shouldBe 3
            client.exchanges.all { it.isCancelled } shouldBe true
            client.exchanges.clear()

            val failure = shouldThrow<AttemptTimeoutException> { http.send(client, request("POST"), streams) }
            client.exchanges shouldHaveSize 1
            failure.retryReport!!.message shouldContain "(the request is not idempotent and can have been processed)"
        }
    }

    test("a response that arrives while its coroutine is cancelled is closed") {
        runTest {
            val client = ManualClient()
            val run = launch { HttpRetry(retry { maxAttempts(3) }).send(client, request("PUT"), streams) }
            runCurrent()
            val response = StreamedResponse()
            client.exchanges.single().complete(response)
            run.cancel()
            runCurrent()
            response.isClosed shouldBe true
        }
    }

    test("a response that arrives after its future was cancelled is closed") {
        val client =
            ManualClient {
                object : CompletableFuture<HttpResponse<InputStream>>() {
                    override fun cancel(mayInterruptIfRunning: Boolean) = false
                }
            }
        val future = HttpRetry(retry { maxAttempts(3) }).sendAsync(client, request("PUT"), streams)
        future.cancel(true)
        val response = StreamedResponse()
        client.exchanges.single().complete(response)
        response.isClosed shouldBe true
        client.exchanges shouldHaveSize 1
    }

    test("a run that is out of time after a discarded response closes it and returns the last one") {
        runTest {
            val http =
                HttpRetry(
                    retry {
                        every(4.seconds)
                        maxDuration(5.seconds)
                        testing { timeSource(testTimeSource) }
                    },
                )
            val responses = listOf(StreamedResponse(503), StreamedResponse(502))
            val left = ArrayDeque(responses)
            val client = ManualClient { CompletableFuture.completedFuture(left.removeFirst()) }
            http.send(client, request("GET"), streams) shouldBe responses[1]
            responses.map { it.isClosed } shouldBe listOf(true, false)
        }
    }
})
