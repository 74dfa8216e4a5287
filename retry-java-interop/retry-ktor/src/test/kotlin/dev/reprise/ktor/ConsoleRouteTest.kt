package dev.reprise.ktor

import dev.reprise.console.model.Access
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.target
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.kotest.matchers.string.shouldStartWith
import io.ktor.client.HttpClient
import io.ktor.client.plugins.cookies.HttpCookies
import io.ktor.client.request.basicAuth
import io.ktor.client.request.forms.submitForm
import io.ktor.client.request.get
import io.ktor.client.request.prepareGet
import io.ktor.client.statement.HttpResponse
import io.ktor.client.statement.bodyAsChannel
import io.ktor.client.statement.bodyAsText
import io.ktor.http.HttpHeaders
import io.ktor.http.HttpStatusCode
import io.ktor.http.parameters
import io.ktor.server.application.Application
import io.ktor.server.application.install
import io.ktor.server.auth.Authentication
import io.ktor.server.auth.UserIdPrincipal
import io.ktor.server.auth.authenticate
import io.ktor.server.auth.basic
import io.ktor.server.cio.CIO
import io.ktor.server.engine.connector
import io.ktor.server.engine.embeddedServer
import io.ktor.server.routing.route
import io.ktor.server.routing.routing
import io.ktor.server.testing.ApplicationTestBuilder
import io.ktor.server.testing.testApplication
import io.ktor.utils.io.readLine
import kotlin.time.Duration.Companion.days

private val charge = target("charge")

private fun Application.shop(settings: RepriseConfig.() -> Unit = {}) {
    install(Authentication) {
        basic("ops") { validate { login -> if (login.password == "secret") UserIdPrincipal(login.name) else null } }
    }
    install(Reprise) {
        queue(InMemoryCallStore()) { handle(charge) { "$it paid" } }
        settings()
    }
}

private suspend fun HttpClient.open(
    path: String,
    user: String?,
): HttpResponse = get(path) { if (user != null) basicAuth(user, "secret") }

private fun ApplicationTestBuilder.browser(): HttpClient =
    createClient {
        install(HttpCookies)
        followRedirects = false
    }

class ConsoleRouteTest : FunSpec({
    test("whom the application authenticates sees the console and can operate, under that name") {
        testApplication {
            application {
                shop { console { title = "orders" } }
                routing { authenticate("ops") { route("/internal") { repriseConsole("/ops") } } }
            }
            val browser = browser()
            browser.open("/internal/ops/", user = null).status shouldBe HttpStatusCode.Unauthorized
            browser.open("/internal/ops", "ada").headers[HttpHeaders.Location] shouldBe "ops/"
            browser.open("/internal/ops/", "ada").bodyAsText() shouldContain "orders"
            browser.open("/internal/ops/calls?state=dead", "ada").status shouldBe HttpStatusCode.OK
            browser.open("/internal/ops/api/v1/lanes", "ada").headers[HttpHeaders.ContentType] shouldBe "application/json"
            browser.open("/internal/ops/unknown/", "ada").status shouldBe HttpStatusCode.NotFound

            val queue = application.reprise.queue
            val call = queue.enqueue(charge, "42 EUR") { delay = 1.days }
            val page = browser.open("/internal/ops/act?action=cancel&cid=${call.cid}", "ada").bodyAsText()
            val token = Regex("name=\"csrf\" value=\"([0-9a-f]+)\"").find(page)!!.groupValues[1]

            suspend fun act(token: String?): HttpStatusCode {
                val form = mapOf("action" to "cancel", "cid" to call.cid, "note" to "a typing error", "csrf" to token.orEmpty())
                val fields = parameters { form.forEach { (name, value) -> append(name, value) } }
                return browser.submitForm("/internal/ops/act", fields) { basicAuth("ada", "secret") }.status
            }
            act(token = null) shouldBe HttpStatusCode.Forbidden
            act(token) shouldBe HttpStatusCode.SeeOther
            queue.find(call.cid)!!.state shouldBe CallState.CANCELLED
            browser.open("/internal/ops/audit", "ada").bodyAsText().run {
                shouldContain("ada")
                shouldContain("a typing error")
            }
        }
    }

    test("access decides, inside authenticate and without it") {
        testApplication {
            application {
                shop { console { access { if (it.user == "ada") Access.Read else Access.None } } }
                routing {
                    authenticate("ops") { repriseConsole("/ops") }
                    repriseConsole("/open")
                }
            }
            val browser = browser()
            browser.open("/ops/", "ada").status shouldBe HttpStatusCode.OK
            browser.open("/ops/", "bob").status shouldBe HttpStatusCode.Forbidden
            browser.open("/open/", "ada").status shouldBe HttpStatusCode.Forbidden
        }
    }

    test("access knows where a request comes from") {
        testApplication {
            var address: String? = null
            application {
                shop {
                    console {
                        access { request ->
                            address = request.remoteAddress
                            Access.Read
                        }
                    }
                }
                routing { repriseConsole("/ops") }
            }
            browser().open("/ops/", user = null).status shouldBe HttpStatusCode.OK
            address shouldBe "localhost"
        }
    }

    test("optional authentication lets only authenticated visitors in") {
        testApplication {
            application {
                shop()
                routing { authenticate("ops", optional = true) { repriseConsole("/ops") } }
            }
            browser().open("/ops/", user = null).status shouldBe HttpStatusCode.Forbidden
            browser().open("/ops/", "ada").status shouldBe HttpStatusCode.OK
        }
    }

    test("a console that everybody could open is refused, with both remedies") {
        shouldThrow<IllegalStateException> {
            testApplication {
                application {
                    shop()
                    routing { repriseConsole("/ops") }
                }
                startApplication()
            }
        }.message shouldBe
            "the console is open to everybody; put it inside authenticate(…) { repriseConsole(…) }, " +
            "or write install(Reprise) { console { access { request -> … } } }"
    }

    test("a console without a queue is refused") {
        shouldThrow<IllegalStateException> {
            testApplication {
                install(Reprise)
                routing { repriseConsole("/ops") }
                startApplication()
            }
        }.message shouldStartWith "the application has no queue; write "
    }

    test("a live page does not keep the server from stopping") {
        val server =
            embeddedServer(CIO, configure = {
                connector { port = 0 }
                shutdownGracePeriod = 20_000
                shutdownTimeout = 40_000
            }) {
                shop { console { access { Access.Read } } }
                routing { repriseConsole("/ops") }
            }
        server.start()
        val port =
            server.engine
                .resolvedConnectors()
                .first()
                .port
        HttpClient(io.ktor.client.engine.cio.CIO).use { client ->
            client.prepareGet("http://localhost:$port/ops/live?view=").execute {
                it.bodyAsChannel().readLine() shouldBe ": connected"
                val before = System.nanoTime()
                server.stop()
                ((System.nanoTime() - before) / 1_000_000_000 < 15) shouldBe true
            }
        }
    }
})
