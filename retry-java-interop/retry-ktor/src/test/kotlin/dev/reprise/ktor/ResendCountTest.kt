package dev.reprise.ktor

import dev.reprise.contextElement
import dev.reprise.micrometer.telemetry.Telemetry
import dev.reprise.micrometer.telemetry.text
import dev.reprise.retry
import dev.reprise.servers.ScriptedServer
import dev.reprise.servers.status
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.ktor.client.HttpClient
import io.ktor.client.engine.cio.CIO
import io.ktor.client.request.get
import io.micrometer.observation.Observation
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlin.time.Duration.Companion.milliseconds

class ResendCountTest : FunSpec({
    test("the span that is current has the number of times that a request was sent again") {
        val telemetry = Telemetry()
        val client =
            HttpClient(CIO) {
                install(RepriseRetry) {
                    retry = retry { every(1.milliseconds).maxAttempts(3) }
                    onResend = { error("what a hook throws changes nothing") }
                }
            }
        ScriptedServer(status(503), status(502), status(200)).use { server ->
            Observation.createNotStarted("checkout", telemetry.registry).observe {
                runBlocking { withContext(contextElement()) { client.get(server.uri.toString()).status.value shouldBe 200 } }
            }
        }
        client.close()
        telemetry.named("checkout").single().text("http.request.resend_count") shouldBe "2"
    }
})
