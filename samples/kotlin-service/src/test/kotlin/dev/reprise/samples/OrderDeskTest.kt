package dev.reprise.samples

import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.policy.StopReason
import dev.reprise.run.RetryStoppedException
import dev.reprise.run.StopSignal
import dev.reprise.run.retryReport
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.io.IOException
import java.net.ConnectException
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

class OrderDeskTest :
    FunSpec({
        test("a server that is down, then busy, then silent, then well: the narrated story") {
            runTest {
                val story = ArrayList<String>()
                val server =
                    scripted(
                        { throw ConnectException("refused") },
                        { throw BusyException(3.seconds) },
                        { awaitCancellation() },
                        { "order 1 is in" },
                    )

                OrderDesk(server, StopSignal(), Narrator(story::add)).place("one umbrella") shouldBe "order 1 is in"

                story.map { it.replace(Regex(" at [^:]*:"), ":").trim() }.shouldContainExactly(
                    "attempt 1: connection refused - next attempt in 200ms",
                    "attempt 2: the server is busy: 503, come back in 3s - next attempt in 3.0s",
                    "attempt 3: no response in time - next attempt in 800ms",
                    "attempt 4: it worked",
                )
                currentTime.milliseconds shouldBe 200.milliseconds + 3.seconds + 1.seconds + 800.milliseconds
            }
        }

        test("a delay that the server requests applies if ours is shorter") {
            runTest {
                val desk = deskAt(scripted({ throw BusyException(20.seconds) }, { "in" }))
                desk.place("one umbrella") shouldBe "in"
                currentTime.milliseconds shouldBe 20.seconds
            }
        }

        test("a delay that the server requests beyond our deadline ends the run immediately") {
            runTest {
                val failure = shouldThrow<BusyException> { deskAt(scripted({ throw BusyException(60.seconds) })).place("one umbrella") }
                failure.retryReport?.stopReason shouldBe StopReason.DEADLINE
                currentTime shouldBe 0
            }
        }

        test("a server that stays silent: the last attempt is cancelled at the deadline") {
            runTest {
                val failure = shouldThrow<AttemptTimeoutException> { deskAt({ awaitCancellation() }).place("one umbrella") }
                failure.retryReport?.stopReason shouldBe StopReason.DEADLINE
            }
        }

        test("a shutdown during a delay ends it, with the last failure") {
            runTest {
                val shutdown = StopSignal()
                launch {
                    delay(5.seconds)
                    shutdown.stop("shutdown")
                }
                val busy = scripted({ throw BusyException(20.seconds) }, { "in" })

                val failure = shouldThrow<BusyException> { deskAt(busy, shutdown).place("one umbrella") }

                failure.retryReport?.stopReason shouldBe StopReason.STOPPED
                currentTime.milliseconds shouldBe 5.seconds
            }
        }

        test("a shutdown during an attempt lets it finish, and then rejects the next order") {
            runTest {
                val shutdown = StopSignal()
                val desk =
                    deskAt({
                        shutdown.stop("shutdown")
                        delay(400.milliseconds)
                        "in"
                    }, shutdown)

                desk.place("one umbrella") shouldBe "in"

                shouldThrow<RetryStoppedException> { desk.place("two umbrellas") }
                currentTime shouldBe 400
            }
        }

        test("a cancelled order ends its attempt immediately, and there is no other") {
            runTest {
                val story = ArrayList<String>()
                val order = async { OrderDesk({ awaitCancellation() }, StopSignal(), Narrator(story::add)).place("one umbrella") }
                delay(300.milliseconds)

                order.cancel()

                shouldThrow<CancellationException> { order.await() }
                currentTime shouldBe 300
                story.map { it.replace(Regex(" at \\S*"), "").trim() }.shouldContainExactly("cancelled - no further attempt")
            }
        }

        test("a failure that is no I/O failure is not retried") {
            runTest {
                shouldThrow<IllegalArgumentException> { deskAt({ throw IllegalArgumentException("no umbrellas") }).place("one umbrella") }
                currentTime shouldBe 0
            }
        }
    })

private fun deskAt(
    orders: Orders,
    shutdown: StopSignal = StopSignal(),
) = OrderDesk(orders, shutdown) {}

/** Responds to the n-th order with the n-th of [answers]. */
private fun scripted(vararg answers: suspend () -> String): Orders {
    val left = answers.iterator()
    return Orders { if (left.hasNext()) left.next()() else throw IOException("an order too many") }
}
