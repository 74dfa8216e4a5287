package dev.reprise.samples.tour

import dev.reprise.decorate
import dev.reprise.retry
import dev.reprise.run.StopSignal
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.io.IOException
import java.net.ConnectException
import kotlin.random.Random
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class FirstCallsTest :
    FunSpec({
        val host = "far-end"
        val log = Log()

        test("reconnect every 60 seconds, until the stop") {
            runTest {
                val server = FarEnd(failures = 3)
                val shutdown = StopSignal()

                fun connect(to: String) = "$to: ${server.call()}"
                // docs:begin five-lines
                val reconnect = retry {
                    every(60.seconds)
                    on<ConnectException>()
                    stopWhen(shutdown)
                }
                val socket = reconnect { connect(host) }
                // docs:end
                socket shouldBe "far-end: answer 4"
                currentTime.milliseconds shouldBe 3.minutes
            }
        }

        test("one call, configured and run in one step") {
            runTest {
                val api = FarEnd(failures = 1) { IOException("reset") }

                fun order(id: Int) = "order $id: ${api.call()}"
                // docs:begin one-off
                val order = retry {
                    on<IOException>()
                    exponential(100.milliseconds, max = 10.seconds)
                    maxAttempts(5)
                    maxDuration(30.seconds)
                    attemptTimeout(2.seconds)
                    beforeRetry { log.info("attempt $number failed, next in $nextDelay", failure) }
                }.invoke { order(42) }
                // docs:end
                order shouldBe "order 42: answer 2"
                log.lines.map { it.replace(Regex("next in [^:]*: "), "next: ") } shouldContainExactly
                    listOf("attempt 1 failed, next: java.io.IOException: reset")
            }
        }

        test("the body knows which attempt it is") {
            runTest {
                log.lines.clear()
                val server = FarEnd(failures = 2)

                fun connect(to: String) = "$to: ${server.call()}"
                val reconnect = retry {
                    every(1.seconds)
                    maxAttempts(3)
                    testing { random(Random(1)) }
                }
                // docs:begin attempt
                val socket = reconnect {
                    if (isRetry) log.info("attempt $number, after $lastFailure")
                    connect(host)
                }
                // docs:end
                socket shouldBe "far-end: answer 3"
                log.lines shouldContainExactly
                    listOf(
                        "attempt 2, after java.net.ConnectException: refused",
                        "attempt 3, after java.net.ConnectException: refused",
                    )
            }
        }

        test("a function with retries is a function") {
            runTest {
                val server = FarEnd(failures = 2)

                suspend fun connect(to: String) = "$to: ${server.call()}"
                val reconnect = retry {
                    every(60.seconds)
                    maxAttempts(3)
                }
                // docs:begin retryable
                val connectPatiently = reconnect.decorate(::connect)
                val socket = connectPatiently(host)
                // docs:end
                socket shouldBe "far-end: answer 3"
            }
        }
    })
