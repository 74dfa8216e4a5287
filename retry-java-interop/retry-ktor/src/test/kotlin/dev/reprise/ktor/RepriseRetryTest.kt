package dev.reprise.ktor

import dev.reprise.Retry
import dev.reprise.http.HttpRules
import dev.reprise.policy.StopReason
import dev.reprise.retry
import dev.reprise.run.RetryEvent
import dev.reprise.run.retryReport
import dev.reprise.servers.Answer
import dev.reprise.servers.ScriptedServer
import dev.reprise.servers.reset
import dev.reprise.servers.stall
import dev.reprise.servers.status
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.ktor.client.HttpClient
import io.ktor.client.HttpClientConfig
import io.ktor.client.engine.cio.CIO
import io.ktor.client.plugins.ClientRequestException
import io.ktor.client.plugins.HttpRequestRetry
import io.ktor.client.plugins.HttpRequestTimeoutException
import io.ktor.client.plugins.HttpTimeout
import io.ktor.client.plugins.ServerResponseException
import io.ktor.client.request.get
import io.ktor.client.request.header
import io.ktor.client.request.post
import io.ktor.client.request.prepareGet
import io.ktor.client.request.put
import io.ktor.client.request.setBody
import io.ktor.client.statement.HttpResponse
import io.ktor.client.statement.bodyAsText
import io.ktor.http.content.OutgoingContent
import io.ktor.utils.io.ByteReadChannel
import io.ktor.utils.io.ByteWriteChannel
import io.ktor.utils.io.writeStringUtf8
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.launch
import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.test.runTest
import java.io.IOException
import java.net.ConnectException
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes

/** The delays of the runs of [retrying], which are virtual. */
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
                    (it.result as? HttpResponse)?.let { response -> statuses += response.status.value }
                }
            }
        }
}

/** Runs [story] with a server that responds with [answers] and a client that retries. */
private fun story(
    vararg answers: Answer,
    settings: RepriseRetryConfig.() -> Unit = {},
    others: HttpClientConfig<*>.() -> Unit = {},
    story: suspend HttpClient.(ScriptedServer) -> Unit,
) = runTest {
    ScriptedServer(*answers).use { server ->
        HttpClient(CIO) {
            install(RepriseRetry) {
                retry = Watch().retrying()
                settings()
            }
            others()
        }.use { it.story(server) }
    }
}

private val ScriptedServer.url get() = uri.toString()

class RepriseRetryTest : FunSpec({
    test("a server that is busy twice, with both forms of Retry-After") {
        val watch = Watch()
        val past = "Sun, 06 Nov 1994 08:49:37 GMT"
        val busy = arrayOf(status(503, "Retry-After" to "7"), status(503, "Retry-After" to past), status(200))
        story(*busy, settings = { retry = watch.retrying() }) { server ->
            // A 503 without a readable Retry-After would end the run of a POST.
            val response = post(server.url) { setBody("one") }

            response.status.value to response.bodyAsText() shouldBe (200 to "200")
            watch.delays shouldContainExactly listOf("7s", "100ms")
            watch.statuses shouldContainExactly listOf(503, 503)
            server.calls shouldBe 3
            response.retryReport.shouldBeNull()
        }
    }

    test("the last response is returned when the attempts are used up, with a report") {
        story(status(502)) { server ->
            val response = get(server.url)
            response.status.value to response.bodyAsText() shouldBe (502 to "502")
            response.retryReport!!.run { attempts to stopReason } shouldBe (3 to StopReason.EXHAUSTED)
            server.calls shouldBe 3
        }
    }

    test("expectSuccess retries the same, and its exception carries the report") {
        story(status(502), others = { expectSuccess = true }) { server ->
            val failure = shouldThrow<ServerResponseException> { get(server.url) }
            failure.response.status.value shouldBe 502
            failure.retryReport!!.attempts shouldBe 3
            server.calls shouldBe 3
        }
    }

    test("a status that no rule retries is returned or thrown at once, without a report") {
        story(status(404)) { server -> get(server.url).run { status.value to retryReport } shouldBe (404 to null) }
        story(status(404), others = { expectSuccess = true }) { server ->
            shouldThrow<ClientRequestException> { get(server.url) }.retryReport.shouldBeNull()
            server.calls shouldBe 1
        }
    }

    test("a delay longer than maxRetryAfter returns the response at once") {
        story(status(429, "Retry-After" to "3600")) { server ->
            get(server.url).run { status.value to retryReport!!.stopReason } shouldBe (429 to StopReason.DEADLINE)
            server.calls shouldBe 1
        }
    }

    test("a POST is not sent again after a 503 that asks for no delay, but with a key it is") {
        story(status(503)) { server ->
            post(server.url).status.value shouldBe 503
            server.calls shouldBe 1
            post(server.url) { header("Idempotency-Key", "k") }.status.value shouldBe 503
            server.calls shouldBe 4
        }
    }

    test("a connection that is lost repeats a PUT, and a POST fails with a report that says why") {
        story(reset) { server ->
            shouldThrow<IOException> { put(server.url) { setBody("one") } }.retryReport!!.stopReason shouldBe StopReason.EXHAUSTED
            server.calls shouldBe 3
            val report = shouldThrow<IOException> { post(server.url) { setBody("one") } }.retryReport!!
            server.calls shouldBe 4
            report.message shouldContain "1 attempt in "
            report.message shouldContain "NOT_RETRYABLE (the request is not idempotent and can have been processed)"
        }
    }

    test("a refused connection repeats a POST") {
        story(status(200)) { server ->
            server.close()
            shouldThrow<ConnectException> { post(server.url) { setBody("one") } }.retryReport!!.attempts shouldBe 3
        }
    }

    test("HttpTimeout, installed after the plugin, limits each attempt at a server that stalls") {
        story(stall, others = { install(HttpTimeout) { requestTimeoutMillis = 50 } }) { server ->
            // How many requests arrive within their time depends on the machine.
            shouldThrow<HttpRequestTimeoutException> { put(server.url) }.retryReport!!.attempts shouldBe 3
        }
    }

    test("a body that is a stream is sent once, and the report says so") {
        story(reset, status(503, "Retry-After" to "0")) { server ->
            val failure = shouldThrow<IOException> { put(server.url) { setBody(Written) } }
            failure.retryReport!!.message shouldContain "(the body of the request can be sent only once)"
            put(server.url) { setBody(ByteReadChannel("one")) }.status.value shouldBe 503
            server.calls shouldBe 2
        }
    }

    test("the body of a response that is streamed is that of the last attempt") {
        story(status(503), status(503), status(200)) { server ->
            prepareGet(server.url).execute { it.bodyAsText() } shouldBe "200"
            server.calls shouldBe 3
        }
    }

    test("one request has another retry, or none") {
        story(status(503)) { server ->
            get(server.url) { retry(Watch().retrying(attempts = 2)) }.status.value shouldBe 503
            server.calls shouldBe 2
            get(server.url) { noRetry() }.run { status.value to retryReport } shouldBe (503 to null)
            server.calls shouldBe 3
        }
    }

    test("other rules, and the rules of the policy, apply") {
        story(status(500), status(202), status(200), settings = {
            rules = HttpRules.DEFAULT.retrying(500)
            retry =
                retry {
                    maxAttempts(3)
                    onResult<HttpResponse> { it.status.value == 202 }
                }
        }) { server ->
            get(server.url).status.value shouldBe 200
            server.calls shouldBe 3
        }
    }

    test("the number of the attempt is sent in a header, and a hook receives the number of requests before it") {
        val counts = ArrayList<Int>()
        val settings: RepriseRetryConfig.() -> Unit = {
            attemptHeader = "X-Attempt"
            onResend = { counts += it }
        }
        story(status(503), status(200), settings = settings) { server ->
            get(server.url)
            server.attempts shouldContainExactly listOf("1", "2")
            counts shouldContainExactly listOf(1)
        }
    }

    test("a client that has HttpRequestRetry too is refused, with the number of requests that the two would make") {
        for (isFirst in listOf(true, false)) {
            val ktors: HttpClientConfig<*>.() -> Unit = { install(HttpRequestRetry) { retryOnServerErrors(maxRetries = 8) } }
            val client =
                HttpClient(CIO) {
                    if (isFirst) ktors()
                    install(RepriseRetry) { retry = Watch().retrying() }
                    if (!isFirst) ktors()
                }
            ScriptedServer(status(503)).use { server ->
                val failure = client.use { shouldThrow<IllegalStateException> { it.get(server.url) } }
                failure.message shouldBe
                    "RepriseRetry and HttpRequestRetry are both installed, which can make 27 requests instead of 3; remove one of them from the client"
                server.calls shouldBe 0
            }
        }
    }

    test("a plugin without a retry is refused when the client is created") {
        shouldThrow<IllegalArgumentException> { HttpClient(CIO) { install(RepriseRetry) } }.message shouldBe
            "no retry is set; write install(RepriseRetry) { retry = … }, or retry = policy.toRetry()"
    }

    test("cancelling the caller ends the request and starts no other") {
        story(stall) { server ->
            runTest {
                val call = launch(Dispatchers.IO) { put(server.url) }
                runInterruptible(Dispatchers.IO) { server.arrived.await() }
                call.cancelAndJoin()
            }
            server.calls shouldBe 1
        }
    }
})

private object Written : OutgoingContent.WriteChannelContent() {
    override suspend fun writeTo(channel: ByteWriteChannel) = channel.writeStringUtf8("one")
}
