package dev.reprise.samples.tour

import dev.reprise.contextElement
import dev.reprise.policy.Rethrow
import dev.reprise.policy.StopReason
import dev.reprise.retry
import dev.reprise.retryAsync
import dev.reprise.run.NestedRetries
import dev.reprise.run.RetryBudget
import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryOutcome
import dev.reprise.run.StopSignal
import dev.reprise.run.retryReport
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Deferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import java.io.IOException
import java.net.ConnectException
import java.util.concurrent.CompletableFuture
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

class RunsTest :
    FunSpec({
        val briefly = retry {
            every(1.seconds)
            maxAttempts(3)
        }
        val atOnce = retry {
            every(1.milliseconds)
            maxAttempts(3)
        }
        val log = Log()

        beforeTest { log.lines.clear() }

        test("an outcome is a value") {
            runTest {
                val api = FarEnd(failures = 9)
                // docs:begin outcome
                when (val outcome = briefly.outcome { api.call() }) {
                    is RetryOutcome.Success -> log.info("${outcome.value} after ${outcome.attempts} attempts")

                    is RetryOutcome.Failure -> log.info(
                        "${outcome.report.stopReason} after ${outcome.report.attempts} attempts",
                        outcome.failure,
                    )
                }
                // docs:end
                log.lines shouldBe listOf("EXHAUSTED after 3 attempts: java.net.ConnectException: refused")
            }
        }

        test("a fallback replaces the failure of the run") {
            runTest {
                val api = FarEnd(failures = 9)
                val mirror = FarEnd(failures = 0)
                val lastKnown = "yesterday's answer"
                // docs:begin fallback
                val cached = briefly.outcome { api.call() }.orElse { failure -> if (failure is IOException) lastKnown else throw failure }
                val mirrored = briefly.outcome { api.call() }.toResult().getOrElse { mirror.call() } // can suspend
                // docs:end
                cached shouldBe lastKnown
                mirrored shouldBe "answer 1"
            }
        }

        test("the last failure is thrown unchanged, and carries the report") {
            runTest {
                val api = FarEnd(failures = 9)
                // docs:begin report
                try {
                    briefly { api.call() }
                } catch (e: ConnectException) {
                    val report = e.retryReport
                    log.info("${report?.attempts} attempts, ended by ${report?.stopReason}, the first failure was ${report?.firstFailure}")
                }
                // docs:end
                log.lines shouldBe listOf("3 attempts, ended by EXHAUSTED, the first failure was java.net.ConnectException: refused")
            }
        }

        test("the first failure, and the last result, where they are more useful") {
            runTest {
                // docs:begin endings
                val first = retry {
                    every(1.seconds)
                    maxAttempts(3)
                    rethrow(Rethrow.FIRST)
                }
                val last = retry {
                    every(1.seconds)
                    maxAttempts(3)
                    onResult<String> { it == "not yet" }
                    returnLastResult()
                }
                // docs:end
                var calls = 0
                shouldThrow<IOException> { first { throw IOException("failure ${++calls}") } }.message shouldBe "failure 1"
                last { "not yet" } shouldBe "not yet"
            }
        }

        test("a listener receives all events") {
            runTest {
                val api = FarEnd(failures = 1)
                // docs:begin events
                val watched = retry {
                    every(1.seconds)
                    maxAttempts(3)
                    listener { event ->
                        when (event) {
                            is RetryEvent.AttemptFailed -> log.info("attempt ${event.number}: ${event.failure}, ${event.next}")
                            is RetryEvent.Succeeded -> log.info("attempt ${event.number}: it worked")
                            is RetryEvent.GaveUp -> log.info("gave up: ${event.report.stopReason}")
                            is RetryEvent.Cancelled -> log.info("cancelled")
                        }
                    }
                }
                // docs:end
                watched { api.call() }
                log.lines shouldBe
                    listOf("attempt 1: java.net.ConnectException: refused, RetryAfter(delay=1s)", "attempt 2: it worked")
            }
        }

        test("stop and cancel are different") {
            runTest {
                val server = FarEnd(failures = 99)

                fun connect() = server.call()
                // docs:begin stop
                val shutdown = StopSignal() // or StopSignal.onShutdown(), or any Job
                val reconnect = retry {
                    every(60.seconds)
                    stopWhen(shutdown)
                }
                val run = launch {
                    val outcome = reconnect.outcome { connect() }
                    log.info("$outcome")
                }
                delay(90.seconds)
                shutdown.stop("closing time") // the wait ends now; run.cancel() would end it without an outcome
                // docs:end
                run.join()
                log.lines.single().contains("STOPPED") shouldBe true
                currentTime.milliseconds shouldBe 90.seconds
                run.isCancelled shouldBe false
            }
        }

        test("deferred") {
            runTest {
                val api = FarEnd(failures = 2)
                // docs:begin deferred
                val answer: Deferred<String> = retryAsync(briefly) { api.call() }
                // docs:end
                answer.await() shouldBe "answer 3"
            }
        }

        test("futures and blocking calls") {
            val api = FarEnd(failures = 2)

            fun callLater() = CompletableFuture.supplyAsync { "later" }
            // docs:begin futures
            val blocked: String = atOnce.callBlocking { api.call() } // on this thread
            val supplied: CompletableFuture<String> = atOnce.supplyAsync { api.call() } // on another thread
            val staged: CompletableFuture<String> = atOnce.callAsync { callLater() } // the call is asynchronous itself
            // docs:end
            listOf(blocked, supplied.join(), staged.join()) shouldBe listOf("answer 3", "answer 4", "later")
        }

        test("the context of the caller") {
            val api = FarEnd(failures = 2)
            // docs:begin context
            val context = contextElement() // what this thread has
            val answer = withContext(Dispatchers.IO + context) { atOnce { api.call() } }
            // docs:end
            answer shouldBe "answer 3"
        }

        test("a flow is collected again") {
            runTest {
                val server = FarEnd(failures = 2)
                val prices = flow { emit(server.call()) }
                // docs:begin flow
                val steady = prices.retry(briefly)
                // docs:end
                steady.toList() shouldBe listOf("answer 3")
            }
        }

        test("a budget is shared") {
            runTest {
                val api = FarEnd(failures = 99)
                // docs:begin budget
                val budget = RetryBudget(ratio = 0.1, minRetriesPerSecond = 1.0) // one for all that call the same service
                val polite = retry {
                    exponential(100.milliseconds)
                    maxAttempts(50)
                    budget(budget)
                }
                // docs:end
                val failure = shouldThrow<ConnectException> { polite { api.call() } }
                failure.retryReport?.stopReason shouldBe StopReason.BUDGET
            }
        }

        test("retries inside retries") {
            runTest {
                val api = FarEnd(failures = 99)
                // docs:begin nested
                val outer = retry {
                    every(1.seconds)
                    maxAttempts(3)
                    nestedRetries(NestedRetries.SUPPRESS)
                }
                val inner = retry {
                    every(1.seconds)
                    maxAttempts(3)
                }

                val outcome = outer.outcome { inner { api.call() } } // 3 calls; without Suppress they are 9
                // docs:end
                (outcome as RetryOutcome.Failure).report.attempts shouldBe 3
                api.calls shouldBe 3
            }
        }
    })
