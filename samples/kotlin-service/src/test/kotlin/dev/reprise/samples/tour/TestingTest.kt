package dev.reprise.samples.tour

import dev.reprise.retry
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.test.testTimeSource
import java.net.ConnectException
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class TestingTest :
    FunSpec({
        // docs:begin testing
        test("three hours of retries, in milliseconds") {
            runTest {
                val reconnect = retry {
                    every(60.seconds)
                    maxDuration(3.hours)
                    testing { timeSource(testTimeSource) } // only if the body itself takes virtual time
                }
                shouldThrow<ConnectException> { reconnect { throw ConnectException("refused") } }
                currentTime.milliseconds shouldBe 3.hours - 1.minutes
            }
        }
        // docs:end
    })
