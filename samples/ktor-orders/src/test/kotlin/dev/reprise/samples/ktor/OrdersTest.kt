package dev.reprise.samples.ktor

import dev.reprise.ktor.reprise
import dev.reprise.queue.InMemoryCallStore
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.ktor.client.request.post
import io.ktor.client.request.setBody
import io.ktor.client.statement.bodyAsText
import io.ktor.server.testing.runTestApplication
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.io.IOException

class OrdersTest :
    FunSpec({
        test("the program delivers the webhook when the customer's server asks for it") {
            val said = ArrayList<String>()
            tell(said::add)
            said shouldContainExactly
                listOf(
                    "The shop takes an order. The customer's server is busy twice and asks for a second:",
                    "  503 Service Unavailable, again in 1 s",
                    "  503 Service Unavailable, again in 1 s",
                    "  The webhook has SUCCEEDED: delivered at attempt 1.",
                    "  The console says 401 to a visitor; an operator sees the webhook: true.",
                    "Both servers have stopped; no call is lost.",
                )
        }

        test("a customer that is down over the weekend gets the webhook on Monday") {
            // docs:begin ktor-test
            runTest {
                val monday = 2 * 24 * 60 * 60 * 1000L
                runTestApplication {
                    application {
                        orders(InMemoryCallStore { currentTime }, StandardTestDispatcher(testScheduler)) {
                            if (currentTime < monday) throw IOException("the customer's server is down")
                        }
                    }
                    val accepted = client.post("/orders") { setBody("one umbrella") }.bodyAsText()
                    val ended = application.reprise.queue.awaitEnd(accepted.removePrefix("accepted as "))
                    ended.response?.bytes?.decodeToString() shouldBe "delivered at attempt ${ended.attempts}"
                }
            }
            // docs:end
        }
    })
