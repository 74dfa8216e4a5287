package dev.reprise.internal.engine

import dev.elsewhere.Raise
import dev.reprise.RetryBuilder
import dev.reprise.policy.StopReason
import dev.reprise.retry
import dev.reprise.run.ForeignCancellationException
import dev.reprise.run.RetryOutcome
import dev.reprise.run.retryReport
import dev.reprise.testing.Broken
import dev.reprise.testing.EventLog
import dev.reprise.testing.ManualTime
import dev.reprise.testing.eachRun
import dev.reprise.testing.failure
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.test.runTest
import java.io.IOException
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionException
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executors

private val ways: Map<String, RetryBuilder.() -> RetryBuilder> = mapOf("plain" to { this }, "heard" to { listener {} })

private inline fun either(block: () -> Any?): Any? =
    try {
        block()
    } catch (e: Raise) {
        "raised ${e.value}"
    }

/** Only this thread's interruption and the caller's cancellation are the run's own. */
class ForeignFailuresSpec : FunSpec({
    for ((way, always) in ways) {
        fun three(configure: RetryBuilder.() -> RetryBuilder = { this }) =
            retry {
                maxAttempts(3)
                always()
                configure()
            }

        test("the interruption of another thread is a failure like any other, and sets no flag: $way") {
            val pool = Executors.newSingleThreadExecutor()
            var calls = 0
            val result =
                three().callBlocking {
                    calls++
                    pool.submit<String> { if (number == 1) throw InterruptedException("the worker was stopped") else "done" }.get()
                }
            pool.shutdown()
            result shouldBe "done"
            calls shouldBe 2
            Thread.interrupted() shouldBe false
        }

        listOf(
            InterruptedException("elsewhere"),
            IOException(InterruptedException("elsewhere")),
            CompletionException(IOException(InterruptedException("elsewhere"))),
        ).forEach { interruption ->
            test("a stage that ends with an interruption of its thread is retried: $interruption, $way") {
                var calls = 0
                val future =
                    three().callAsync({ it.run() }) {
                        if (++calls < 3) CompletableFuture.failedFuture(interruption) else CompletableFuture.completedFuture("third")
                    }
                future.getNow("never") shouldBe "third"
                Thread.interrupted() shouldBe false
            }
        }

        test("an interrupt that is pending before the call ends it before the body: $way") {
            Thread.currentThread().interrupt()
            val failure = shouldThrow<InterruptedException> { three().callBlocking { error("an attempt starts") } }
            Thread.interrupted() shouldBe true
            failure.message shouldBe "interrupted before attempt 1"
        }

        test("the cancellation of a future is not retried, and leaves a blocking run unchanged: $way") {
            val cancelled = CompletableFuture<String>().apply { cancel(true) }
            var calls = 0
            lateinit var last: Throwable
            val failure =
                shouldThrow<CancellationException> {
                    three().callBlocking {
                        calls++
                        try {
                            cancelled.get()
                        } catch (e: CancellationException) {
                            throw e.also { last = e }
                        }
                    }
                }
            failure shouldBeSameInstanceAs last
            failure.retryReport!!.stopReason shouldBe StopReason.NOT_RETRYABLE
            calls shouldBe 1
        }

        test("a rule that names cancellations retries them; the last is thrown unchanged: $way") {
            var calls = 0
            shouldThrow<CancellationException> {
                three { on<CancellationException>() }.callBlocking {
                    calls++
                    throw CancellationException("theirs")
                }
            }
            calls shouldBe 3
        }

        test("a rule that names a wider class does not name cancellations: $way") {
            var calls = 0
            shouldThrow<CancellationException> {
                three { on<Exception>() }.callBlocking {
                    calls++
                    throw CancellationException("theirs")
                }
            }
            calls shouldBe 1
        }

        test("a failure tester that throws the cancellation ends a blocking run with it: $way") {
            val theirs = CancellationException("theirs")
            shouldThrow<CancellationException> {
                three { failureTester { { throw theirs } } }.callBlocking { throw Broken("a") }
            } shouldBeSameInstanceAs theirs
        }

        test("control flow of another library passes unchanged, in every runner: $way") {
            var calls = 0
            runTest {
                either { three().invoke { raise(++calls) } } shouldBe "raised 1"
                either { three().outcome { raise(++calls) } } shouldBe "raised 2"
                either { flow { emit(raise(++calls)) }.retry(three()).first() } shouldBe "raised 3"
            }
            either { three().callBlocking { raise(++calls) } } shouldBe "raised 4"
            either { three().outcomeBlocking { raise(++calls) } } shouldBe "raised 5"
            three()
                .supplyAsync({ it.run() }) { raise(++calls) }
                .failure()
                .shouldBeInstanceOf<Raise>()
                .suppressed.size shouldBe 0
            calls shouldBe 6
        }

        test("control flow of another library that a rule names is retried, and passes in the end: $way") {
            var calls = 0
            runTest { either { three { on<Raise>() }.invoke { raise(++calls) } } shouldBe "raised 3" }
        }
    }

    test("a plain run inside a flow lets the collector take the first element") {
        runTest {
            val numbers =
                flow {
                    retry { maxAttempts(3) }.invoke {
                        emit(1)
                        emit(2)
                    }
                }
            numbers.first() shouldBe 1
        }
    }

    eachRun("a foreign cancellation is not retried and does not look like the caller's") {
        val theirs = CancellationException("theirs")
        val failure = shouldThrow<ForeignCancellationException> { retrying({ maxAttempts(3) }) { throw theirs } }
        failure.cause shouldBeSameInstanceAs theirs
        calls shouldBe 1
    }

    test("a foreign cancellation is the failure of a blocking outcome and of a future, unchanged") {
        val theirs = CancellationException("theirs")
        val retry = retry { maxAttempts(3) }
        retry.outcomeBlocking { throw theirs }.shouldBeInstanceOf<RetryOutcome.Failure>().failure shouldBeSameInstanceAs theirs
        retry.callAsync<Unit>({ it.run() }) { throw theirs }.failure() shouldBeSameInstanceAs theirs
    }

    test("control flow of another library is reported as a cancellation") {
        val log = EventLog()
        val retry =
            retry {
                maxAttempts(3)
                listener(log)
                testing { timeSource(ManualTime()) }
            }
        either { retry.callBlocking { raise(1) } }
        retry.supplyAsync({ it.run() }) { raise(2) }
        runTest { either { retry { raise(3) } } }
        log.lines shouldContainExactly List(3) { "told cancelled after 0 at 0s" }
    }

    test("a wrapped interruption of this thread still ends the run") {
        var calls = 0
        shouldThrow<RuntimeException> {
            retry { maxAttempts(3) }.callBlocking {
                calls++
                throw RuntimeException(InterruptedException("mine"))
            }
        }
        Thread.interrupted() shouldBe true
        calls shouldBe 1
        shouldThrow<ExecutionException> {
            retry { maxAttempts(2) }.callBlocking { throw ExecutionException(InterruptedException("theirs")) }
        }.retryReport!!.attempts shouldBe 2
    }
})

private fun raise(call: Int): Nothing = throw Raise("$call")
