package dev.reprise.http

import dev.reprise.NamedPolicies
import dev.reprise.Retry
import dev.reprise.policy.RetryExhaustedException
import dev.reprise.policy.StopReason
import dev.reprise.retry
import dev.reprise.retryPolicy
import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryTimer
import dev.reprise.run.retryReport
import dev.reprise.servers.ScriptedServer
import dev.reprise.servers.reset
import dev.reprise.servers.stall
import dev.reprise.servers.status
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.booleans.shouldBeTrue
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.test.runTest
import java.io.IOException
import java.io.InputStream
import java.net.ConnectException
import java.net.URI
import java.net.http.HttpClient
import java.net.http.HttpHeaders
import java.net.http.HttpRequest
import java.net.http.HttpRequest.BodyPublishers
import java.net.http.HttpResponse
import java.net.http.HttpResponse.BodyHandler
import java.net.http.HttpResponse.BodyHandlers
import java.net.http.HttpTimeoutException
import java.util.Optional
import java.util.concurrent.CopyOnWriteArrayList
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executor
import java.util.function.BooleanSupplier
import javax.net.ssl.SSLSession
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

/** One request in each of the three forms. */
private enum class Form {
    SUSPENDING {
        override fun <T> send(
            http: HttpRetry,
            request: HttpRequest,
            handler: BodyHandler<T>,
        ): HttpResponse<T> {
            lateinit var response: HttpResponse<T>
            runTest { response = http.send(client, request, handler) }
            return response
        }
    },
    BLOCKING {
        override fun <T> send(
            http: HttpRetry,
            request: HttpRequest,
            handler: BodyHandler<T>,
        ): HttpResponse<T> = http.sendBlocking(client, request, handler)
    },
    FUTURE {
        override fun <T> send(
            http: HttpRetry,
            request: HttpRequest,
            handler: BodyHandler<T>,
        ): HttpResponse<T> =
            try {
                http.sendAsync(client, request, handler).get()
            } catch (e: ExecutionException) {
                throw e.cause!!
            }
    }, ;

    abstract fun <T> send(
        http: HttpRetry,
        request: HttpRequest,
        handler: BodyHandler<T>,
    ): HttpResponse<T>
}

private val client: HttpClient = HttpClient.newHttpClient()

/** Time in which no delay takes long. */
private object NoTime : RetryTimer {
    override fun schedule(
        delayNanos: Long,
        action: Runnable,
    ): AutoCloseable = RetryTimer.system.schedule(0, action)

    override fun sleep(
        nanos: Long,
        isWoken: BooleanSupplier,
    ) = Unit

    override fun executor(): Executor = RetryTimer.workers
}

/** What the runs of [retrying] waited for, and the results that they discarded. */
private class Watch {
    val delays = CopyOnWriteArrayList<String>()
    val statuses = CopyOnWriteArrayList<Int>()

    fun retrying(attempts: Int = 3): Retry =
        retry {
            every(100.milliseconds)
            maxAttempts(attempts)
            maxRetryAfter(10.minutes)
            listener {
                if (it is RetryEvent.AttemptFailed) {
                    it.nextDelay?.let { delay -> delays += "$delay" }
                    (it.result as? HttpResponse<*>)?.let { response -> statuses += response.statusCode() }
                }
            }
            testing { timer(NoTime) }
        }
}

private fun get(server: ScriptedServer) = HttpRequest.newBuilder(server.uri).build()

private fun post(server: ScriptedServer) = HttpRequest.newBuilder(server.uri).POST(BodyPublishers.ofString("one")).build()

private fun put(server: ScriptedServer) = HttpRequest.newBuilder(server.uri).PUT(BodyPublishers.ofString("one")).build()

class HttpRetryTest : FunSpec({
    val text = BodyHandlers.ofString()

    for (form in Form.entries) {
        test("$form: a server that is busy twice, with both forms of Retry-After") {
            val watch = Watch()
            val past = "Sun, 06 Nov 1994 08:49:37 GMT"
            ScriptedServer(status(503, "Retry-After" to "7"), status(503, "Retry-After" to past), status(200)).use { server ->
                // A 503 without a readable Retry-After would end the run of a POST.
                val response = form.send(HttpRetry(watch.retrying()), post(server), text)

                response.statusCode() to response.body() shouldBe (200 to "200")
                watch.delays shouldContainExactly listOf("7s", "100ms")
                watch.statuses shouldContainExactly listOf(503, 503)
                server.calls shouldBe 3
            }
        }

        test("$form: the last response is returned when the attempts are used up, or thrown") {
            ScriptedServer(status(502)).use { server ->
                val http = HttpRetry(Watch().retrying())
                val response = form.send(http, get(server), text)

                response.statusCode() to response.body() shouldBe (502 to "502")
                server.calls shouldBe 3
                val failure = shouldThrow<RetryExhaustedException> { form.send(http.throwing(), get(server), text) }
                failure.lastResult.shouldBeInstanceOf<HttpResponse<*>>().statusCode() shouldBe 502
                server.calls shouldBe 6
            }
        }

        test("$form: a delay longer than maxRetryAfter returns the response at once") {
            ScriptedServer(status(429, "Retry-After" to "3600")).use { server ->
                form.send(HttpRetry(Watch().retrying()), get(server), text).statusCode() shouldBe 429
                server.calls shouldBe 1
            }
        }

        test("$form: a status that no rule retries is returned, also by an HttpRetry that throws") {
            ScriptedServer(status(404)).use { server ->
                form.send(HttpRetry(Watch().retrying()).throwing(), get(server), text).statusCode() shouldBe 404
                server.calls shouldBe 1
            }
        }

        test("$form: a POST is not sent again after a 503 that asks for no delay, but with a key it is") {
            ScriptedServer(status(503)).use { server ->
                val http = HttpRetry(Watch().retrying())
                form.send(http, post(server), text).statusCode() shouldBe 503
                server.calls shouldBe 1
                val keyed = HttpRequest.newBuilder(post(server)) { _, _ -> true }.header("Idempotency-Key", "k").build()
                form.send(http, keyed, text).statusCode() shouldBe 503
                server.calls shouldBe 4
            }
        }

        test("$form: a connection that is lost repeats a PUT, and a POST fails with a report that says why") {
            ScriptedServer(reset).use { server ->
                val http = HttpRetry(Watch().retrying())
                val lost = shouldThrow<IOException> { form.send(http, put(server), text) }
                lost.retryReport!!.stopReason shouldBe StopReason.EXHAUSTED
                server.calls shouldBe 3

                val failure = shouldThrow<IOException> { form.send(http, post(server), text) }
                server.calls shouldBe 4
                val report = failure.retryReport!!
                report.attempts to report.stopReason shouldBe (1 to StopReason.NOT_RETRYABLE)
                report.message shouldContain "NOT_RETRYABLE (the request is not idempotent and can have been processed)"
            }
        }

        test("$form: a refused connection repeats a POST") {
            val gone = ScriptedServer(status(200)).also { it.close() }
            val failure = shouldThrow<ConnectException> { form.send(HttpRetry(Watch().retrying()), post(gone), text) }
            failure.retryReport!!.attempts shouldBe 3
        }

        test("$form: a server that stalls ends the attempt at the timeout of the request") {
            ScriptedServer(stall).use { server ->
                val request = HttpRequest.newBuilder(put(server)) { _, _ -> true }.timeout(java.time.Duration.ofMillis(50)).build()
                val failure = shouldThrow<HttpTimeoutException> { form.send(HttpRetry(Watch().retrying(2)), request, text) }
                failure.retryReport!!.attempts shouldBe 2
            }
        }

        test("$form: a body that exists once is sent once, and the report says so") {
            ScriptedServer(reset, status(503, "Retry-After" to "0")).use { server ->
                val body = BodyPublishers.fromPublisher(BodyPublishers.ofString("one"))
                val request = HttpRequest.newBuilder(server.uri).PUT(body).build()
                val http = HttpRetry(Watch().retrying())
                val failure = shouldThrow<IOException> { form.send(http, request, text) }
                failure.retryReport!!.attempts shouldBe 1
                failure.retryReport!!.message shouldContain "(the body of the request can be sent only once)"
                form.send(http, request, text).statusCode() shouldBe 503
                server.calls shouldBe 2
            }
        }

        test("$form: the stream of a discarded response is closed, that of the last one is not") {
            val streams = CopyOnWriteArrayList<ClosableStream>()
            val handler =
                BodyHandler<InputStream> {
                    HttpResponse.BodySubscribers.mapping(HttpResponse.BodySubscribers.ofByteArray()) { bytes ->
                        ClosableStream(bytes).also(streams::add)
                    }
                }
            ScriptedServer(status(503), status(502)).use { server ->
                val response = form.send(HttpRetry(Watch().retrying()), get(server), handler)
                streams.map { it.isClosed } shouldContainExactly listOf(true, true, false)
                response.body().readBytes().decodeToString() shouldBe "502"
            }
        }

        test("$form: the number of the attempt is sent in a header") {
            ScriptedServer(status(503), status(200)).use { server ->
                form.send(HttpRetry(Watch().retrying()).attemptHeader("X-Attempt"), post(server).withKey(), text).statusCode() shouldBe 200
                server.attempts shouldContainExactly listOf("1", "2")
            }
        }

        test("$form: a hook receives how often the request was sent before, and what it throws changes nothing") {
            ScriptedServer(status(503), status(502), status(200)).use { server ->
                val counts = CopyOnWriteArrayList<Int>()
                val http =
                    HttpRetry(Watch().retrying()).onResend {
                        counts += it
                        error("no span")
                    }
                form.send(http, get(server), text).statusCode() shouldBe 200
                counts shouldContainExactly listOf(1, 2)
            }
        }

        test("$form: the rules of the policy still apply to results and failures") {
            ScriptedServer(status(202), status(200)).use { server ->
                val polling =
                    retry {
                        maxAttempts(3)
                        unless<ConnectException>()
                        onResult<HttpResponse<*>> { it.statusCode() == 202 }
                    }
                form.send(HttpRetry(polling), get(server), text).statusCode() shouldBe 200
                server.calls shouldBe 2
                server.close()
                shouldThrow<ConnectException> { form.send(HttpRetry(polling), get(server), text) }.retryReport!!.attempts shouldBe 1
            }
        }
    }

    test("a date in Retry-After is compared with the clock of the server") {
        val headers = mapOf("retry-after" to "Sun, 06 Nov 1994 08:50:37 GMT", "date" to "Sun, 06 Nov 1994 08:49:37 GMT")
        judged(responseWith(headers)).retryAfter shouldBe 1.minutes
        judged(responseWith(mapOf("retry-after" to "soon"))).retryAfter shouldBe null
    }

    test("the reset of a rate limit is read by option, from a 429, as seconds or as a Unix timestamp") {
        val rules = HttpRules.DEFAULT.rateLimitReset()

        fun delay(
            vararg headers: Pair<String, String>,
            rules: HttpRules = HttpRules.DEFAULT.rateLimitReset(),
        ) = judged(responseWith(mapOf(*headers), status = 429), rules).retryAfter
        delay("ratelimit-reset" to "60") shouldBe 1.minutes
        delay("x-ratelimit-reset" to "784111837", "date" to "Sun, 06 Nov 1994 08:49:37 GMT") shouldBe 1.minutes
        delay("x-ratelimit-reset" to "784111000", "date" to "Sun, 06 Nov 1994 08:49:37 GMT") shouldBe Duration.ZERO
        delay("retry-after" to "60", "ratelimit-reset" to "600") shouldBe 1.minutes
        delay("ratelimit-reset" to "tomorrow") shouldBe null
        delay("ratelimit-reset" to "60", rules = HttpRules.DEFAULT) shouldBe null
        judged(responseWith(mapOf("ratelimit-reset" to "60")), rules).retryAfter shouldBe null
    }

    test("joined policies and named ones are judged too, a replaced one from the next request on") {
        ScriptedServer(status(503)).use { server ->
            val joined = retryPolicy { maxAttempts(2) } then retryPolicy { maxAttempts(2) }
            HttpRetry(joined).sendBlocking(client, get(server), text).statusCode() shouldBe 503
            server.calls shouldBe 3
            val policies = NamedPolicies.parse(mapOf("prices" to "maxAttempts(2)"))
            val http = HttpRetry(policies.retry("prices"))
            http.sendBlocking(client, get(server), text)
            server.calls shouldBe 5
            policies.replace("prices", "maxAttempts(4)")
            http.sendBlocking(client, get(server), text)
            server.calls shouldBe 9
        }
    }

    test("other rules replace the default") {
        ScriptedServer(status(500)).use { server ->
            HttpRetry(Watch().retrying(), HttpRules.DEFAULT.retrying(500)).sendBlocking(client, get(server), text).statusCode() shouldBe 500
            server.calls shouldBe 3
        }
    }

    test("a header that the client does not allow is rejected at once") {
        shouldThrow<IllegalArgumentException> { HttpRetry(Watch().retrying()).attemptHeader("Host") }
    }

    test("cancelling a coroutine, a thread or a future ends the request and starts no other") {
        ScriptedServer(stall).use { server ->
            val http = HttpRetry(Watch().retrying())
            runTest {
                val suspended = launch(Dispatchers.IO) { http.send(client, put(server), text) }
                runInterruptible(Dispatchers.IO) { server.arrived.await() }
                suspended.cancelAndJoin()
            }
            server.calls shouldBe 1
        }
        ScriptedServer(stall).use { server ->
            val http = HttpRetry(Watch().retrying())
            val future = http.sendAsync(client, put(server), text)
            server.arrived.await()
            future.cancel(true).shouldBeTrue()
            server.calls shouldBe 1
        }
        ScriptedServer(stall).use { server ->
            val http = HttpRetry(Watch().retrying())
            lateinit var failure: Throwable
            val thread = Thread { failure = runCatching { http.sendBlocking(client, put(server), text) }.exceptionOrNull()!! }
            thread.start()
            server.arrived.await()
            thread.interrupt()
            thread.join()
            failure.shouldBeInstanceOf<InterruptedException>()
            server.calls shouldBe 1
        }
    }

    test("a retry whose request is invalid fails as the client does") {
        shouldThrow<IllegalArgumentException> {
            HttpRetry(Watch().retrying()).sendBlocking(client, HttpRequest.newBuilder(URI("http:///x")).build(), text)
        }
    }
})

private fun judged(
    response: HttpResponse<String>,
    rules: HttpRules = HttpRules.DEFAULT,
) = JdkResponse.of(response, HttpAdapter(Watch().retrying(), rules))

private fun responseWith(
    headers: Map<String, String>,
    status: Int = 503,
): HttpResponse<String> =
    object : HttpResponse<String> {
        override fun statusCode() = status

        override fun request(): HttpRequest = throw UnsupportedOperationException()

        override fun previousResponse() = Optional.empty<HttpResponse<String>>()

        override fun headers() = HttpHeaders.of(headers.mapValues { listOf(it.value) }) { _, _ -> true }

        override fun body() = "busy"

        override fun sslSession() = Optional.empty<SSLSession>()

        override fun uri() = URI("http://localhost/")

        override fun version() = HttpClient.Version.HTTP_1_1
    }

private fun HttpRequest.withKey() = HttpRequest.newBuilder(this) { _, _ -> true }.header("Idempotency-Key", "k").build()

private class ClosableStream(
    bytes: ByteArray,
) : InputStream() {
    private val bytes = bytes.inputStream()
    var isClosed = false
        private set

    override fun read(): Int = bytes.read()

    override fun close() {
        isClosed = true
    }
}
