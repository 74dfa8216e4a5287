package dev.reprise.samples.orders

import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.RetryQueue
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.ranges.shouldBeIn
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import java.net.ConnectException
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds

/** How orders are charged, in virtual time, with a store in memory. */
class ChargingTest :
    FunSpec({
        val log = ArrayList<String>()
        val book = HashMap<String, String>()

        beforeTest {
            log.clear()
            book.clear()
        }

        suspend fun TestScope.charge(payments: Payments) {
            val queue =
                RetryQueue.on(InMemoryCallStore { currentTime }) {
                    charging(payments, { order, receipt -> book[order] = receipt }) { log += "${currentTime}ms $it" }
                }
            queue.start(backgroundScope)
            val call =
                queue.enqueue(charge, "7") {
                    callback("charged")
                    context = "7"
                }
            call.awaitEnd()
            runCurrent()
        }

        test("an order is charged with one key until the gateway accepts it") {
            runTest {
                val keys = HashSet<String>()
                charge { _, key ->
                    keys += key
                    if (currentTime < 5_000) throw ConnectException("refused") else "receipt 1"
                }
                log shouldContainExactly
                    listOf(
                        "0ms order 7: attempt 1 failed, the gateway is unreachable",
                        "500ms order 7: attempt 2 failed, the gateway is unreachable",
                        "1500ms order 7: attempt 3 failed, the gateway is unreachable",
                        "3500ms order 7: attempt 4 failed, the gateway is unreachable",
                        "7500ms order 7: the gateway took the money, receipt 1",
                        "7500ms order 7: paid",
                    )
                keys.size shouldBe 1
                book shouldBe mapOf("7" to "receipt 1")
            }
        }

        test("a gateway that is down for three days leaves a dead call, and the shop is notified") {
            runTest {
                charge { _, _ -> throw ConnectException("refused") }
                log.last().substringAfter(' ') shouldBe "order 7: not paid, its charge is DEAD(EXHAUSTED)"
                currentTime.milliseconds shouldBeIn (3.days - 1.hours)..3.days
                book shouldBe emptyMap()
            }
        }

        test("a rejection by the gateway is not retried") {
            runTest {
                charge { _, _ -> error("the card is not valid") }
                log shouldContainExactly listOf("0ms order 7: not paid, its charge is DEAD(REJECTED)")
            }
        }
    })
