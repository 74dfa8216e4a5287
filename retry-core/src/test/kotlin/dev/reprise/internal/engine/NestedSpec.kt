package dev.reprise.internal.engine

import dev.reprise.RetryBuilder
import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.policy.StopReason
import dev.reprise.retry
import dev.reprise.run.Attempt
import dev.reprise.run.NestedRetries
import dev.reprise.run.StopSignal
import dev.reprise.run.retryReport
import dev.reprise.testing.Broken
import dev.reprise.testing.ManualTime
import dev.reprise.testing.failure
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.future.await
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.test.testTimeSource
import kotlinx.coroutines.withContext
import java.io.IOException
import java.util.concurrent.CompletableFuture
import kotlin.time.Duration.Companion.seconds

private val kinds: Map<String, RetryBuilder.() -> RetryBuilder> =
    mapOf("plain" to { this }, "heard" to { listener {} }, "guarded" to { stopWhen(StopSignal(), grace = 1.seconds) })

private fun three(configure: RetryBuilder.() -> RetryBuilder) =
    retry {
        maxAttempts(3)
        configure()
    }

/** A plain run counts its own attempts only. */
private fun calls(
    kind: String,
    all: Int,
) = if (kind == "plain") 3 else all

@OptIn(ExperimentalCoroutinesApi::class)
class NestedSpec : FunSpec({
    for ((outerKind, outer) in kinds) {
        for ((innerKind, inner) in kinds) {
            val kind = "$outerKind around $innerKind"
            test("three times three times three are 27 calls, as reported: $kind") {
                var calls = 0
                runTest {
                    val failure =
                        shouldThrow<Broken> {
                            three(outer).invoke {
                                three(inner).invoke {
                                    three(inner).invoke {
                                        calls++
                                        throw Broken("a")
                                    }
                                }
                            }
                        }
                    calls shouldBe 27
                    failure.retryReport!!.attempts shouldBe 3
                    failure.retryReport!!.calls shouldBe calls(outerKind, 27)
                }
            }

            test("27 calls of a failure that is always the same instance: $kind") {
                val failure = Broken("same")
                runTest {
                    shouldThrow<Broken> { three(outer).invoke { three(inner).invoke { three(inner).invoke { throw failure } } } }
                    failure.retryReport!!.calls shouldBe calls(outerKind, 27)
                    failure.suppressed.size shouldBe 1
                }
            }

            test("27 calls of blocking runs in a suspending body that changes its thread: $kind") {
                var calls = 0
                val failure =
                    shouldThrow<Broken> {
                        three(outer).invoke {
                            withContext(Dispatchers.IO) {
                                three(inner).callBlocking {
                                    three(inner).callBlocking {
                                        calls++
                                        throw Broken("a")
                                    }
                                }
                            }
                        }
                    }
                calls shouldBe 27
                failure.retryReport!!.calls shouldBe calls(outerKind, 27)
            }

            test("27 calls on a thread: $kind") {
                var calls = 0
                val failure =
                    shouldThrow<Broken> {
                        three(outer).callBlocking {
                            three(inner).callBlocking {
                                three(inner).callBlocking {
                                    calls++
                                    throw Broken("a")
                                }
                            }
                        }
                    }
                calls shouldBe 27
                failure.retryReport!!.calls shouldBe calls(outerKind, 27)
            }

            test("9 calls of futures: $kind") {
                var calls = 0
                val future =
                    three(outer).callAsync(Runnable::run) {
                        three(inner).callAsync<Unit>(Runnable::run) {
                            calls++
                            CompletableFuture.failedFuture(Broken("a"))
                        }
                    }
                calls shouldBe 9
                future.failure()!!.retryReport!!.calls shouldBe calls(outerKind, 9)
            }
        }

        test("a run that suppresses makes the inner ones call once: around $outerKind") {
            var calls = 0
            val quiet =
                retry {
                    maxAttempts(3)
                    nestedRetries(NestedRetries.SUPPRESS)
                }
            runTest {
                val failure =
                    shouldThrow<Broken> {
                        quiet {
                            three(outer).invoke {
                                three(outer).invoke {
                                    calls++
                                    throw Broken("a")
                                }
                            }
                        }
                    }
                calls shouldBe 3
                failure.retryReport!!.calls shouldBe 3
                failure.retryReport!!.stopReason shouldBe StopReason.EXHAUSTED
            }
            shouldThrow<Broken> {
                quiet.callBlocking {
                    three(outer).callBlocking {
                        calls++
                        throw Broken("a")
                    }
                }
            }
            calls shouldBe 6
            quiet.callAsync(Runnable::run) {
                three(outer).callAsync<Unit>(Runnable::run) {
                    calls++
                    CompletableFuture.failedFuture(Broken("a"))
                }
            }
            calls shouldBe 9
        }
    }

    test("a flow inside a run counts its retries, and does not retry where retries are suppressed") {
        runTest {
            var collections = 0
            val failing =
                flow<Int> {
                    collections++
                    throw Broken("a")
                }.retry(retry { maxAttempts(3) })
            shouldThrow<Broken> {
                retry {
                    maxAttempts(3)
                    listener {}
                }.invoke { failing.collect() }
            }.retryReport!!.calls shouldBe 9
            collections shouldBe 9
            shouldThrow<Broken> {
                retry {
                    maxAttempts(3)
                    nestedRetries(NestedRetries.SUPPRESS)
                }.invoke { failing.collect() }
            }
            collections shouldBe 12
        }
    }

    test("retries of an inner run that succeeded count in a watched run") {
        runTest {
            val failure =
                shouldThrow<Broken> {
                    retry {
                        maxAttempts(2)
                        listener {}
                    }.invoke {
                        var inner = 0
                        three { this }.invoke { if (++inner < 3) throw Broken("inner") }
                        throw Broken("outer")
                    }
                }
            failure.retryReport!!.attempts shouldBe 2
            failure.retryReport!!.calls shouldBe 6
        }
    }

    test("a failure that another run threw before does not add that run's calls") {
        runTest {
            val old = shouldThrow<Broken> { three { this }.invoke { throw Broken("old") } }
            shouldThrow<Broken> { retry { maxAttempts(2) }.invoke { throw old } }.retryReport!!.calls shouldBe 2
        }
    }

    val limits: Map<String, RetryBuilder.() -> RetryBuilder> =
        mapOf(
            "attempt timeout" to {
                attemptTimeout(1.seconds)
                maxAttempts(1)
            },
            "deadline" to { maxDuration(1.seconds) },
        )
    for ((limit, configure) in limits) {
        test("an inner run's $limit is for the outer one a failure like any other") {
            var calls = 0
            runTest {
                val inner =
                    retry {
                        configure()
                        testing { timeSource(testTimeSource) }
                    }
                shouldThrow<AttemptTimeoutException> {
                    retry {
                        on<IOException>()
                        maxAttempts(3)
                    }.invoke {
                        calls++
                        inner { delay(60_000) }
                    }
                }
            }
            calls shouldBe 1
        }

        test("an inner run's $limit is for the outer one a failure like any other, on a thread") {
            var calls = 0
            val time = ManualTime()
            val inner =
                retry {
                    configure()
                    testing { timer(time).timeSource(time) }
                }
            shouldThrow<AttemptTimeoutException> {
                retry {
                    on<IOException>()
                    maxAttempts(3)
                }.callBlocking {
                    calls++
                    inner.callBlocking { time.pass(60.seconds) }
                }
            }
            calls shouldBe 1
        }
    }

    test("an attempt timeout is retried whatever the rules are, unless they name it") {
        runTest {
            var calls = 0
            shouldThrow<AttemptTimeoutException> {
                retry {
                    on<IOException>()
                    maxAttempts(3)
                    attemptTimeout(1.seconds)
                    testing { timeSource(testTimeSource) }
                }.invoke {
                    calls++
                    delay(60_000)
                }
            }
            calls shouldBe 3
            shouldThrow<AttemptTimeoutException> {
                retry {
                    unless<AttemptTimeoutException>()
                    maxAttempts(3)
                    attemptTimeout(1.seconds)
                    testing { timeSource(testTimeSource) }
                }.invoke {
                    calls++
                    delay(60_000)
                }
            }
            calls shouldBe 4
        }
    }

    test("a suspending run suppresses retries of blocking runs and futures inside, and restores the thread's state") {
        val silencing = three { nestedRetries(NestedRetries.SUPPRESS) }
        var calls = 0
        val body: Attempt.() -> Nothing = {
            calls++
            throw Broken("a")
        }
        runTest {
            shouldThrow<Broken> { silencing { withContext(Dispatchers.IO) { three { this }.callBlocking(body) } } }
            calls shouldBe 3
            shouldThrow<Broken> { silencing { three { this }.callAsync<Unit>({ it.run() }) { body() }.await() } }
            calls shouldBe 6
        }
        RunContext.ofThread() shouldBe null
        shouldThrow<Broken> { three { this }.callBlocking(body) }
        calls shouldBe 9
    }
})
