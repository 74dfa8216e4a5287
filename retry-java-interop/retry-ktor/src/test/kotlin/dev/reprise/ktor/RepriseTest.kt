package dev.reprise.ktor

import com.typesafe.config.ConfigFactory
import dev.reprise.policy.RepriseSpi
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.StoreUnavailableException
import dev.reprise.queue.model.target
import dev.reprise.queue.spi.CallStore
import dev.reprise.queue.spi.ClaimRequest
import dev.reprise.queue.spi.ClaimResult
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import io.ktor.client.request.get
import io.ktor.client.request.post
import io.ktor.client.request.setBody
import io.ktor.client.statement.bodyAsText
import io.ktor.server.application.Application
import io.ktor.server.application.install
import io.ktor.server.cio.CIO
import io.ktor.server.config.HoconApplicationConfig
import io.ktor.server.config.MapApplicationConfig
import io.ktor.server.engine.connector
import io.ktor.server.engine.embeddedServer
import io.ktor.server.request.receiveText
import io.ktor.server.response.respondText
import io.ktor.server.routing.get
import io.ktor.server.routing.post
import io.ktor.server.routing.routing
import io.ktor.server.testing.runTestApplication
import io.ktor.server.testing.testApplication
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.job
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.nio.file.Files
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds

private val charge = target("charge")

/** A store that does not respond [failures] times. */
@OptIn(RepriseSpi::class)
private class LateStore(
    private val failures: Int,
    private val store: InMemoryCallStore = InMemoryCallStore(),
) : CallStore by store {
    val opened = AtomicInteger()

    override suspend fun open() {
        if (opened.incrementAndGet() <= failures) throw StoreUnavailableException("down", null)
        store.open()
    }
}

/** A store whose claims fail, though not because it is down. */
@OptIn(RepriseSpi::class)
private class BrokenStore(
    private val store: InMemoryCallStore = InMemoryCallStore(),
) : CallStore by store {
    val claimed = CompletableDeferred<Unit>()

    override suspend fun claim(request: ClaimRequest): ClaimResult {
        claimed.complete(Unit)
        error("broken")
    }
}

class RepriseTest : FunSpec({
    test("a durable call of a request is retried for a day, which passes in virtual time") {
        runTest {
            val attempts = ArrayList<Long>()
            runTestApplication {
                install(Reprise) {
                    dispatcher = StandardTestDispatcher(testScheduler)
                    queue(InMemoryCallStore { currentTime }) {
                        handle(charge) { order ->
                            attempts += currentTime
                            check(attempt == 3) { "the gateway is down" }
                            "$order paid"
                        }
                        policy {
                            every(12.hours)
                            maxAttempts(3)
                        }
                    }
                }
                routing {
                    post("/orders") {
                        val call =
                            call.application.reprise.queue
                                .enqueue(charge, call.receiveText())
                        this.call.respondText(call.await())
                    }
                }
                client.post("/orders") { setBody("42 EUR") }.bodyAsText() shouldBe "42 EUR paid"
            }
            attempts.map { (it - attempts.first()).milliseconds.inWholeHours } shouldContainExactly listOf(0L, 12L, 24L)
        }
    }

    test("the queue creates its tables, runs beside the server and shuts down after it: a handler that runs can end") {
        val file = Files.createTempDirectory("ktor").resolve("calls.db")
        val started = CompletableDeferred<Unit>()
        val ended = AtomicInteger()
        lateinit var application: Application
        val server =
            embeddedServer(CIO, configure = {
                connector { port = 0 }
                shutdownGracePeriod = 0
            }) {
                application = this
                install(Reprise) {
                    queue(JdbcCallStore(file)) {
                        handle(charge) { order ->
                            started.complete(Unit)
                            kotlinx.coroutines.delay(100)
                            ended.incrementAndGet()
                            order
                        }
                    }
                }
            }
        server.start()
        val call = application.reprise.queue.enqueue(charge, "42 EUR")
        started.await()
        server.stop()

        ended.get() shouldBe 1
        val store = JdbcCallStore(file)
        store.open()
        store.find(call.cid)!!.state shouldBe CallState.SUCCEEDED
        store.close()
    }

    test("a store that does not respond does not keep the application from starting") {
        runTest {
            val store = LateStore(failures = 1)
            runTestApplication {
                install(Reprise) {
                    dispatcher = StandardTestDispatcher(testScheduler)
                    queue(store) { handle(charge) { "$it paid" } }
                }
                startApplication()
                application.reprise.queue
                    .enqueue(charge, "42 EUR")
                    .await() shouldBe "42 EUR paid"
            }
            store.opened.get() shouldBe 2
        }
    }

    test("a worker that fails does not cancel the application") {
        val store = BrokenStore()
        testApplication {
            install(Reprise) { queue(store) { handle(charge) { it } } }
            routing { get("/") { call.respondText("open") } }
            startApplication()
            store.claimed.await()
            application.reprise.queue
                .enqueue(charge, "42 EUR")
            client.get("/").bodyAsText() shouldBe "open"
            application.coroutineContext.job.isActive shouldBe true
        }
    }

    test("policies and the name of the worker come from the configuration, and a queue can use them") {
        val file =
            """
            reprise {
              policies {
                prices = "every(1s) maxAttempts(4) on(java.io.IOException)"
                orders = exponential(1m) maxAttempts(60)
              }
              queue.worker-name = orders-0
            }
            """
        testApplication {
            environment { config = HoconApplicationConfig(ConfigFactory.parseString(file)) }
            install(Reprise) {
                workerName shouldBe "orders-0"
                queue(InMemoryCallStore()) {
                    workerName shouldBe "orders-0"
                    handle(charge) { it }
                    policy(policies.policy("orders"))
                }
            }
            startApplication()
            application.reprise.policies.names shouldContainExactly setOf("prices", "orders")
            application.reprise.policies
                .retry("prices")
                .name shouldBe "prices"
        }
    }

    test("a policy that cannot be read fails the start, and the message names it") {
        val failure =
            shouldThrow<IllegalArgumentException> {
                testApplication {
                    environment { config = MapApplicationConfig("reprise.policies.prices" to "sometimes()") }
                    install(Reprise)
                    startApplication()
                }
            }
        failure.message shouldContain "the configuration under reprise.policies cannot be read:\npolicy 'prices': "
    }

    test("an application without a queue has policies, and says how to set a queue") {
        testApplication {
            install(Reprise)
            startApplication()
            application.reprise.policies.names shouldBe emptySet()
            shouldThrow<IllegalStateException> { application.reprise.queue }.message shouldBe
                "the application has no queue; write install(Reprise) { queue(store) { … } }"
        }
    }
})
