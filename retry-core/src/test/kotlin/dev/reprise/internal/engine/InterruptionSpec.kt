package dev.reprise.internal.engine

import dev.reprise.Retry
import dev.reprise.RetryBuilder
import dev.reprise.retry
import dev.reprise.run.StopSignal
import dev.reprise.testing.Broken
import dev.reprise.testing.EventLog
import dev.reprise.testing.ManualTime
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.assertions.throwables.shouldThrowAny
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.io.IOException
import java.nio.channels.ClosedByInterruptException
import java.util.concurrent.ExecutionException
import java.util.concurrent.Future
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private val ways: Map<String, RetryBuilder.() -> RetryBuilder> =
    mapOf("plain" to { this }, "heard" to { listener {} }, "guarded" to { attemptTimeout(3600.seconds) })

/** True if the flag was set; clears it, for the next test. */
private fun wasInterrupted() = Thread.interrupted()

class InterruptionSpec : FunSpec({
    for ((way, always) in ways) {
        val time = ManualTime()

        fun build(configure: RetryBuilder.() -> RetryBuilder) =
            retry {
                testing { timer(time).timeSource(time) }
                always()
                configure()
            }

        val interruptions =
            mapOf(
                "itself" to InterruptedException("i"),
                "as a closed channel" to ClosedByInterruptException(),
                "wrapped" to RuntimeException(InterruptedException("i")),
                "wrapped twice" to IOException("x", RuntimeException(InterruptedException("i"))),
            )
        interruptions.forEach { (how, interruption) ->
            test("an interruption thrown $how is never retried, whatever the rules are; the flag is set: $way") {
                var calls = 0
                val thrown =
                    shouldThrowAny {
                        build {
                            on<Exception>()
                            maxAttempts(5)
                        }.callBlocking {
                            calls++
                            throw interruption
                        }
                    }
                wasInterrupted() shouldBe true
                thrown shouldBeSameInstanceAs interruption
                calls shouldBe 1
            }
        }

        test("an interrupt during a delay ends the run with the last failure as suppressed; the flag is set: $way") {
            var calls = 0
            val sleeper = Thread.currentThread()
            val failure = Broken("a")
            time.at(1500.milliseconds) { sleeper.interrupt() }
            val start = time.nanos
            val thrown =
                shouldThrow<InterruptedException> {
                    build {
                        every(60.seconds)
                        forever()
                    }.callBlocking {
                        calls++
                        throw failure
                    }
                }
            wasInterrupted() shouldBe true
            thrown.suppressed.toList() shouldContainExactly listOf(failure)
            calls shouldBe 1
            time.nanos - start shouldBe 1_500_000_000
        }

        test("an interrupt between attempts without a delay ends the run: $way") {
            var calls = 0
            shouldThrow<InterruptedException> {
                build { forever() }.callBlocking {
                    check(++calls <= 100) { "the loop never checks its thread" }
                    if (calls == 3) Thread.currentThread().interrupt()
                    throw Broken("a")
                }
            }
            wasInterrupted() shouldBe true
            calls shouldBe 3
        }

        test("a body that succeeds although it was interrupted has succeeded; the flag stays set: $way") {
            build { maxAttempts(3) }.callBlocking {
                Thread.currentThread().interrupt()
                "fine"
            } shouldBe "fine"
            wasInterrupted() shouldBe true
        }
    }

    test("an interrupted run is reported as cancelled, once") {
        val log = EventLog()
        val time = ManualTime()
        val sleeper = Thread.currentThread()
        time.at(1.seconds) { sleeper.interrupt() }
        shouldThrow<InterruptedException> {
            retry {
                every(60.seconds)
                forever()
                listener(log)
                testing { timer(time).timeSource(time) }
            }.callBlocking { throw Broken("a") }
        }
        wasInterrupted() shouldBe true
        log.lines shouldContainExactly listOf("told 1 failed: a, again in 1m", "told cancelled after 1 at 1s")
    }

    test("an interrupt during the initial delay: no attempt") {
        val time = ManualTime()
        val sleeper = Thread.currentThread()
        time.at(1.seconds) { sleeper.interrupt() }
        shouldThrow<InterruptedException> {
            retry {
                initialDelay(60.seconds)
                maxAttempts(2)
                testing { timer(time).timeSource(time) }
            }.callBlocking { error("an attempt is made") }
        }
        wasInterrupted() shouldBe true
    }

    test("a run that has ended leaves no timer behind") {
        val time = ManualTime()
        val signal = StopSignal()
        retry {
            attemptTimeout(2.seconds)
            maxDuration(60.seconds)
            stopWhen(signal, grace = 1.seconds)
            testing { timer(time).timeSource(time) }
        }.callBlocking { "fine" }
        shouldThrow<Broken> {
            retry {
                maxAttempts(3)
                every(1.seconds)
                stopWhen(signal)
                testing { timer(time) }
            }.callBlocking { throw Broken("a") }
        }
        time.pending shouldBe 0
    }

    test("an interruption of a future's body is not retried either") {
        val time = ManualTime()
        val interruption = IOException(InterruptedException())
        var calls = 0
        val future =
            retry {
                maxAttempts(3)
                testing { timer(time) }
            }.supplyAsync<Unit>(time.executor) {
                calls++
                throw interruption
            }
        time.run()
        wasInterrupted() shouldBe true
        shouldThrow<ExecutionException> { future.get() }.cause shouldBeSameInstanceAs interruption
        calls shouldBe 1
    }

    val futures: Map<String, (Retry, () -> Nothing) -> Future<*>> =
        mapOf(
            "value" to { retry, body -> retry.supplyAsync<Unit>({ it.run() }) { body() } },
            "stage" to { retry, body -> retry.callAsync<Unit>({ it.run() }) { body() } },
        )
    futures.forEach { (what, start) ->
        test("an interruption of a future's body sets the flag of the thread that it ran on: $what") {
            var calls = 0
            val future =
                start(retry { maxAttempts(3) }) {
                    calls++
                    throw InterruptedException("i")
                }
            wasInterrupted() shouldBe true
            shouldThrow<ExecutionException> { future.get() }
            calls shouldBe 1
        }
    }

    test("the cancellation of a future's body does not set the flag of the thread that it ran on") {
        val time = ManualTime()
        val future =
            retry {
                attemptTimeout(1.seconds)
                maxAttempts(1)
                testing { timer(time).timeSource(time) }
            }.supplyAsync({ it.run() }) { time.pass(60.seconds) }
        wasInterrupted() shouldBe false
        shouldThrow<ExecutionException> { future.get() }
    }
})
