package dev.reprise.micrometer

import dev.reprise.contextElement
import dev.reprise.http.HttpRetry
import dev.reprise.micrometer.telemetry.Telemetry
import dev.reprise.micrometer.telemetry.text
import dev.reprise.retry
import dev.reprise.servers.ScriptedServer
import dev.reprise.servers.status
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.micrometer.observation.Observation
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import java.net.http.HttpClient
import java.net.http.HttpRequest
import java.net.http.HttpResponse.BodyHandlers
import java.util.concurrent.TimeUnit
import kotlin.time.Duration.Companion.milliseconds

private typealias Sending = (HttpRetry, HttpRequest) -> Int

private val client: HttpClient = HttpClient.newHttpClient()
private val text = BodyHandlers.ofString()

private val forms: Map<String, Sending> =
    mapOf(
        "blocking" to { http, request -> http.sendBlocking(client, request, text).statusCode() },
        "future" to { http, request -> http.sendAsync(client, request, text).get(20, TimeUnit.SECONDS).statusCode() },
        "suspend" to { http, request ->
            runBlocking { withContext(Dispatchers.IO + contextElement()) { http.send(client, request, text).statusCode() } }
        },
    )

class ResendCountTest : FunSpec({
    val http = HttpRetry(retry { every(1.milliseconds).maxAttempts(3) })

    fun countAfter(
        send: Sending,
        vararg statuses: Int,
    ): String? {
        val telemetry = Telemetry()
        ScriptedServer(*statuses.map { status(it) }.toTypedArray()).use { server ->
            Observation.createNotStarted("checkout", telemetry.registry).observe {
                send(http, HttpRequest.newBuilder(server.uri).build()) shouldBe 200
            }
        }
        return telemetry.named("checkout").single().text("http.request.resend_count")
    }

    for ((form, send) in forms) {
        test("$form: the span that is current has the number of times that a request was sent again") {
            countAfter(send, 503, 502, 200) shouldBe "2"
            countAfter(send, 200) shouldBe null
        }
    }
})
