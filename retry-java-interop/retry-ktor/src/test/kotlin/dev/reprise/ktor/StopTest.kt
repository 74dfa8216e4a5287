package dev.reprise.ktor

import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.CallStore
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.ktor.client.HttpClient
import io.ktor.client.request.get
import io.ktor.client.request.header
import io.ktor.client.request.post
import io.ktor.client.statement.bodyAsText
import io.ktor.server.application.ApplicationStopPreparing
import io.ktor.server.application.install
import io.ktor.server.cio.CIO
import io.ktor.server.config.MapApplicationConfig
import io.ktor.server.engine.connector
import io.ktor.server.engine.embeddedServer
import io.ktor.server.plugins.calllogging.CallLogging
import io.ktor.server.request.header
import io.ktor.server.response.respondText
import io.ktor.server.routing.get
import io.ktor.server.routing.post
import io.ktor.server.routing.routing
import io.ktor.server.testing.testApplication
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.runInterruptible
import org.slf4j.Logger
import org.slf4j.MDC
import java.lang.reflect.Proxy
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.Dispatchers as Threads

private val charge = target("charge")

/** A store that can be read after the queue has closed it. */
@OptIn(RepriseSpi::class)
private class OpenStore(
    private val store: InMemoryCallStore = InMemoryCallStore(),
) : CallStore by store {
    override fun close() = Unit
}

private fun warningsTo(lines: MutableList<String>): Logger =
    Proxy.newProxyInstance(Logger::class.java.classLoader, arrayOf(Logger::class.java)) { _, method, arguments ->
        if (method.name == "warn") lines += arguments.first().toString()
        when (method.returnType) {
            Boolean::class.java -> true
            String::class.java -> "test"
            else -> null
        }
    } as Logger

class StopTest : FunSpec({
    test("when the application prepares to stop, no call is claimed any more, and requests that still run can enqueue") {
        val store = OpenStore()
        val inRequest = CompletableDeferred<Unit>()
        val isStopping = CompletableDeferred<Unit>()
        val server =
            embeddedServer(CIO, configure = {
                connector { port = 0 }
                shutdownGracePeriod = 20_000
                shutdownTimeout = 40_000
            }) {
                install(Reprise) { queue(store) { handle(charge) { "$it paid" } } }
                monitor.subscribe(ApplicationStopPreparing) { isStopping.complete(Unit) }
                routing {
                    get("/slow") {
                        inRequest.complete(Unit)
                        isStopping.await()
                        val queue = call.application.reprise.queue
                        while (queue.health().isRunning) kotlinx.coroutines.yield()
                        call.respondText(queue.enqueue(charge, "late").cid)
                    }
                }
            }
        server.start()
        val port =
            server.engine
                .resolvedConnectors()
                .first()
                .port
        val cid =
            coroutineScope {
                val response =
                    async { HttpClient(io.ktor.client.engine.cio.CIO).use { it.get("http://localhost:$port/slow").bodyAsText() } }
                inRequest.await()
                runInterruptible(Threads.IO) { server.stop() }
                response.await()
            }
        store.find(cid)!!.state shouldBe CallState.READY
    }

    test("a grace that is longer than that of the engine is warned of; without one they are the same") {
        fun warnings(settings: RepriseConfig.() -> Unit): List<String> {
            val lines = CopyOnWriteArrayList<String>()
            testApplication {
                environment {
                    log = warningsTo(lines)
                    config = MapApplicationConfig("ktor.deployment.shutdownGracePeriod" to "5000")
                }
                install(Reprise) {
                    queue(InMemoryCallStore()) { handle(charge) { it } }
                    settings()
                }
                startApplication()
            }
            return lines.filter { "grace" in it }
        }
        warnings {} shouldBe emptyList()
        warnings { grace shouldBe 5.seconds } shouldBe emptyList()
        warnings { grace = 12.seconds } shouldContainExactly
            listOf(
                "the grace of Reprise, 12s, is longer than ktor.deployment.shutdownGracePeriod, 5s: stopping can take 7s longer " +
                    "than the engine needs; set ktor.deployment.shutdownGracePeriod to 12000, or grace to 5s",
            )
    }

    test("the id of a request is in the logging context of the handlers of its calls, and no other value is") {
        val seen = CopyOnWriteArrayList<String?>()
        testApplication {
            install(CallLogging) {
                mdc("CallId") { it.request.header("X-Request-Id") }
                mdc("password") { "secret" }
            }
            install(Reprise) {
                queue(InMemoryCallStore()) {
                    handle(charge) {
                        seen += listOf(MDC.get("CallId"), MDC.get("password"))
                        it
                    }
                }
            }
            routing {
                post("/orders") {
                    call.respondText(
                        call.application.reprise.queue
                            .enqueue(charge, "42 EUR")
                            .await(),
                    )
                }
            }
            client.post("/orders") { header("X-Request-Id", "r-7") }.bodyAsText() shouldBe "42 EUR"
            client.post("/orders").bodyAsText() shouldBe "42 EUR"
        }
        seen shouldContainExactly listOf("r-7", null, null, null)
    }
})
