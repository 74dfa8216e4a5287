package dev.reprise.samples.tour

import dev.reprise.policy.StopReason
import dev.reprise.retry
import dev.reprise.run.retryReport
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.runInterruptible
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.net.ConnectException
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** The pitfalls of the guide: what the wrong code does, and that the fixed code does not. */
class PitfallsTest :
    FunSpec({
        val log = Log()

        beforeTest { log.lines.clear() }

        test("catching too much hides a cancellation") {
            runTest {
                val cancelled = async {
                    val poll = retry {
                        every(1.seconds)
                        forever()
                    }

                    fun fetch(): String = throw ConnectException("refused")
                    // docs:begin catch-wrong
                    try {
                        poll { fetch() }
                    } catch (e: Exception) {
                        // also catches the CancellationException of this coroutine
                        log.info("could not fetch", e)
                    }
                    log.info("and on we go, although we were cancelled")
                    // docs:end
                }
                delay(10.seconds)
                cancelled.cancel()
                cancelled.join()
                log.lines.last() shouldBe "and on we go, although we were cancelled"
            }
        }

        test("catching only what is retried lets a cancellation pass") {
            runTest {
                val cancelled = async {
                    val poll = retry {
                        every(1.seconds)
                        forever()
                    }

                    fun fetch(): String = throw ConnectException("refused")
                    // docs:begin catch-right
                    try {
                        poll { fetch() }
                    } catch (e: ConnectException) {
                        log.info("could not fetch", e)
                    }
                    // docs:end
                }
                delay(10.seconds)
                cancelled.cancel()
                shouldThrow<CancellationException> { cancelled.await() }
                log.lines shouldBe emptyList()
            }
        }

        test("a failure that the body swallows is a success") {
            runTest {
                val briefly = retry {
                    every(1.seconds)
                    maxAttempts(3)
                }
                val api = FarEnd(failures = 2)

                fun fetch() = api.call()
                // docs:begin swallow-wrong
                val answer = briefly { runCatching { fetch() }.getOrNull() } // one call, and null
                // docs:end
                answer shouldBe null
                api.calls shouldBe 1
                // docs:begin swallow-right
                val outcome = briefly.outcome { fetch() }
                // docs:end
                outcome.getOrNull() shouldBe "answer 3"
            }
        }

        test("withTimeout around a run cancels it; maxDuration ends it") {
            runTest {
                // docs:begin within
                val limited = retry {
                    every(1.seconds)
                    maxDuration(10.seconds)
                }
                // docs:end
                val failure = shouldThrow<ConnectException> { limited { throw ConnectException("refused") } }
                failure.retryReport?.stopReason shouldBe StopReason.DEADLINE
                currentTime.milliseconds shouldBe 9.seconds
            }
        }

        test("a blocking body is cancelled only where it can be interrupted") {
            runBlocking {
                val cut = retry {
                    every(1.seconds)
                    maxAttempts(2)
                    attemptTimeout(5.seconds)
                }

                val api = FarEnd(failures = 0)

                fun readBlocking() = api.call()
                // docs:begin blocking
                val wrong = cut { readBlocking() } // cannot be interrupted: the thread stays blocked
                val right = cut { runInterruptible(Dispatchers.IO) { readBlocking() } }
                // docs:end
                listOf(wrong, right) shouldBe listOf("answer 1", "answer 2")
            }
        }
    })
