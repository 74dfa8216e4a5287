package dev.reprise.samples

import dev.reprise.policy.StopReason
import dev.reprise.run.StopSignal
import dev.reprise.run.retryReport
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.net.ConnectException
import java.net.NoRouteToHostException
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

class OrderFeedTest :
    FunSpec({
        val shutdown = StopSignal()
        var attempts = 0

        test("tries every 60 seconds on a connection error, for three hours, until the stop") {
            val realTime =
                measureTime {
                    runTest {
                        val feed = OrderFeed(shutdown, {}) { refuse(++attempts) }
                        launch {
                            delay(3.hours + 1.seconds)
                            shutdown.stop("closing time")
                        }

                        val failure = shouldThrow<ConnectException> { feed.open() }

                        failure.message shouldBe "refused, attempt 181"
                        failure.retryReport?.stopReason shouldBe StopReason.STOPPED
                        currentTime.milliseconds shouldBe 3.hours + 1.seconds
                    }
                }
            realTime shouldBeLessThan 10.seconds
        }

        test("returns the connection of the first successful attempt") {
            runTest {
                val feed = OrderFeed(StopSignal(), {}) { if (currentTime < 5.minutes.inWholeMilliseconds) refuse(1) else "connection" }

                feed.open() shouldBe "connection"

                currentTime.milliseconds shouldBe 5.minutes
            }
        }

        test("does not retry other failures") {
            runTest {
                val feed = OrderFeed(StopSignal(), {}) { throw NoRouteToHostException("no such network") }

                val failure = shouldThrow<NoRouteToHostException> { feed.open() }

                failure.retryReport?.stopReason shouldBe StopReason.NOT_RETRYABLE
                currentTime shouldBe 0
            }
        }
    })

private fun refuse(attempt: Int): Nothing = throw ConnectException("refused, attempt $attempt")
