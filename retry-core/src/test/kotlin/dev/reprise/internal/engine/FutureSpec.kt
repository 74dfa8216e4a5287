package dev.reprise.internal.engine

import dev.reprise.RetryBuilder
import dev.reprise.policy.StopReason
import dev.reprise.retry
import dev.reprise.run.NestedRetries
import dev.reprise.run.RetryStoppedException
import dev.reprise.run.RetryTimer
import dev.reprise.run.StopSignal
import dev.reprise.run.retryReport
import dev.reprise.testing.Broken
import dev.reprise.testing.EventLog
import dev.reprise.testing.ManualTime
import dev.reprise.testing.failure
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executor
import java.util.concurrent.RejectedExecutionException
import java.util.concurrent.TimeUnit
import java.util.function.BooleanSupplier
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private val ways: Map<String, RetryBuilder.() -> RetryBuilder> =
    mapOf(
        "plain" to { this },
        "watched" to {
            listener {}
            attemptTimeout(9999.seconds)
        },
    )

/** The future always completes, whatever fails. */
class FutureSpec : FunSpec({
    for ((way, always) in ways) {
        fun ManualTime.build(configure: RetryBuilder.() -> RetryBuilder) =
            retry {
                testing { timer(this@build).timeSource(this@build) }
                always()
                configure()
            }

        for (bad in listOf(1, 3)) {
            test("a supplier that throws in attempt $bad is like a failed stage: $way") {
                val time = ManualTime()
                val failure = Broken("thrown")
                var calls = 0
                val future =
                    time
                        .build {
                            maxAttempts(3)
                            every(1.seconds)
                        }.callAsync<Unit>(time.executor) {
                            calls++
                            if (number == bad) throw failure
                            CompletableFuture.failedFuture(Broken("failed"))
                        }
                time.run()
                calls shouldBe 3
                val last = future.failure().shouldNotBeNull()
                last.retryReport!!.recentFailures[bad - 1] shouldBeSameInstanceAs failure
            }
        }

        test("a stage that is null is a clear failure: $way") {
            val time = ManualTime()

            @Suppress("UNCHECKED_CAST")
            val nothing = { null } as () -> CompletionStage<String>
            val future = time.build { maxAttempts(2) }.callAsync(time.executor) { nothing() }
            time.run()
            future.failure()!!.message shouldBe "the body of attempt 2 returned null; it must return a CompletionStage"
        }

        test("the failure of a stage reaches the caller without a wrapper: $way") {
            val time = ManualTime()
            val failure = Broken("a")
            val future =
                time.build { maxAttempts(2) }.callAsync(time.executor) { CompletableFuture.supplyAsync({ throw failure }, Runnable::run) }
            time.run()
            future.failure() shouldBeSameInstanceAs failure
        }

        test("an executor that rejects ends the run with the rejection and the last failure as suppressed: $way") {
            val time = ManualTime()
            val failure = Broken("a")
            val rejection = RejectedExecutionException("shut down")
            val future =
                time
                    .build {
                        maxAttempts(3)
                        every(1.seconds)
                    }.callAsync<Unit>(Executor { throw rejection }) {
                        CompletableFuture.failedFuture(failure)
                    }
            time.run()
            future.failure() shouldBeSameInstanceAs rejection
            rejection.suppressed.toList().contains(failure) shouldBe true
        }

        test("an executor that rejects the first attempt ends the run with the rejection: $way") {
            val rejection = RejectedExecutionException("shut down")
            val future = ManualTime().build { maxAttempts(3) }.supplyAsync<Unit>(Executor { throw rejection }) { error("made") }
            future.failure() shouldBeSameInstanceAs rejection
        }

        test("a same-thread executor and no waits: the stack does not grow: $way") {
            var calls = 0
            val future =
                ManualTime().build { maxAttempts(20_000) }.callAsync<Unit>(Runnable::run) {
                    calls++
                    CompletableFuture.failedFuture(Broken("a"))
                }
            future.failure().shouldBeInstanceOf<Broken>()
            calls shouldBe 20_000
        }

        test("a same-thread executor for values and no waits: the stack does not grow: $way") {
            var calls = 0
            val future =
                ManualTime().build { maxAttempts(20_000) }.supplyAsync<Unit>(Runnable::run) {
                    calls++
                    throw Broken("a")
                }
            future.failure().shouldBeInstanceOf<Broken>()
            calls shouldBe 20_000
        }
    }

    test("a timer that rejects ends the run with the rejection") {
        val rejection = RejectedExecutionException("shut down")
        val dead =
            object : RetryTimer {
                override fun schedule(
                    delayNanos: Long,
                    action: Runnable,
                ): AutoCloseable = throw rejection

                override fun sleep(
                    nanos: Long,
                    isWoken: BooleanSupplier,
                ): Unit = throw rejection
            }
        val failure = Broken("a")
        retry {
            maxAttempts(3)
            every(1.seconds)
            testing { timer(dead) }
        }.callAsync<Unit>(Runnable::run) { CompletableFuture.failedFuture(failure) }
            .failure() shouldBeSameInstanceAs rejection
        retry {
            maxAttempts(3)
            initialDelay(1.seconds)
            testing { timer(dead) }
        }.callAsync<Unit>(Runnable::run) { error("made") }
            .failure() shouldBeSameInstanceAs rejection
        shouldThrow<RejectedExecutionException> {
            retry {
                maxAttempts(3)
                every(1.seconds)
                testing { timer(dead) }
            }.callBlocking { throw failure }
        } shouldBeSameInstanceAs rejection
    }

    test("a result that cannot be printed does not hang the future") {
        class Unprintable {
            override fun toString(): String = throw Broken("unprintable")
        }
        val future =
            retry {
                maxAttempts(2)
                onResult<Unprintable> { true }
            }.supplyAsync(Runnable::run) { Unprintable() }
        future.failure().shouldNotBeNull()
    }

    test("a full executor: the deadline ends the run although no attempt can start") {
        val time = ManualTime()
        val future =
            retry {
                maxAttempts(3)
                maxDuration(10.seconds)
                testing { timer(time).timeSource(time) }
            }.supplyAsync<Unit>(Executor {}) { error("made") }
        time.advance(9.seconds)
        future.isDone shouldBe false
        time.advance(1.seconds)
        future
            .failure()
            .shouldNotBeNull()
            .retryReport!!
            .stopReason shouldBe StopReason.DEADLINE
    }

    test("a full executor: a stop with grace ends the run although no attempt can start") {
        val time = ManualTime()
        val signal = StopSignal()
        val future =
            retry {
                stopWhen(signal, grace = 1.seconds)
                testing { timer(time).timeSource(time) }
            }.supplyAsync<Unit>(Executor {}) { error("made") }
        signal.stop()
        time.advance(1.seconds)
        future.failure().shouldBeInstanceOf<RetryStoppedException>()
    }

    test("a full executor: a stop ends the wait for a thread immediately, and no attempt runs later") {
        val time = ManualTime()
        val signal = StopSignal()
        val log = EventLog()
        val queue = ArrayList<Runnable>()
        val future =
            retry {
                stopWhen(signal)
                listener(log)
                testing { timer(time).timeSource(time) }
            }.supplyAsync<Unit>(Executor { queue += it }) { error("made") }
        signal.stop()
        future.failure().shouldBeInstanceOf<RetryStoppedException>()
        queue.forEach { it.run() }
        log.lines shouldContainExactly listOf("told gave up after 0 at 0s: STOPPED")
    }

    test("an executor that comes too late: no attempt starts at or after the deadline") {
        val time = ManualTime()
        var calls = 0
        val slow = Executor { time.schedule(20_000_000_000, it) }
        val future =
            retry {
                maxAttempts(3)
                maxDuration(10.seconds)
                testing { timer(time).timeSource(time) }
            }.supplyAsync(slow) { calls++ }
        time.run()
        calls shouldBe 0
        future.failure().shouldNotBeNull()
    }

    test("one timer thread: a body that blocks on it does not stop the others") {
        val body = CountDownLatch(1)
        val blocked =
            retry {
                maxAttempts(2)
                every(1.milliseconds)
            }.supplyAsync {
                if (number == 2) body.await()
                if (number == 1) throw Broken("a")
                "blocked"
            }
        val other =
            retry {
                maxAttempts(3)
                delays(List(2) { 1.milliseconds })
            }.supplyAsync {
                if (number < 3) throw Broken("b")
                "other"
            }
        other.get(20, TimeUnit.SECONDS) shouldBe "other"
        body.countDown()
        blocked.get(20, TimeUnit.SECONDS) shouldBe "blocked"
    }

    test("the run uses nothing of the thread that completes a stage") {
        val time = ManualTime()
        var calls = 0
        val stages = ArrayList<CompletableFuture<Unit>>()
        val future =
            retry {
                maxAttempts(3)
                testing { timer(time) }
            }.callAsync(time.executor) {
                calls++
                CompletableFuture<Unit>().also { stages += it }
            }
        val bystander =
            retry {
                maxAttempts(2)
                nestedRetries(NestedRetries.SUPPRESS)
            }.callBlocking {
                stages.single().completeExceptionally(Broken("a"))
                "done"
            }
        time.run()
        bystander shouldBe "done"
        calls shouldBe 2
        future.isDone shouldBe false
    }
})
