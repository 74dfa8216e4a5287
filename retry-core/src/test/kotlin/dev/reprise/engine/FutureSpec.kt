package dev.reprise.engine

import dev.reprise.RetryBuilder
import dev.reprise.policy.StopReason
import dev.reprise.retry
import dev.reprise.testing.Broken
import dev.reprise.testing.EventLog
import dev.reprise.testing.ManualTime
import dev.reprise.testing.warningsOf
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldNotBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionException
import java.util.concurrent.CompletionStage
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executor
import java.util.concurrent.RejectedExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import java.util.function.BooleanSupplier
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** How the future has ended; fails if it has not. */
internal fun CompletableFuture<*>.failure(): Throwable? {
    check(isDone) { "the future never completes" }
    return try {
        getNow(null).let { null }
    } catch (e: CompletionException) {
        e.cause
    } catch (e: CancellationException) {
        e
    }
}

private val ways: Map<String, RetryBuilder.() -> Unit> =
    mapOf(
        "plain" to {},
        "watched" to {
            listener {}
            attemptTimeout(9999.seconds)
        },
    )

class FutureSpec : FunSpec({
    for ((way, always) in ways) {
        fun ManualTime.build(configure: RetryBuilder.() -> Unit) =
            retry {
                timer(this@build)
                timeSource(this@build)
                always()
                configure()
            }

        for (bad in listOf(1, 3)) {
            test("a supplier that throws in attempt $bad is the same as a failed stage: $way") {
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
            future.failure()!!.message shouldBe "attempt 2 returned null; the body must return a CompletionStage"
        }

        test("the failure of a stage reaches the caller without an envelope: $way") {
            val time = ManualTime()
            val failure = Broken("a")
            val future =
                time.build { maxAttempts(2) }.callAsync(time.executor) { CompletableFuture.supplyAsync({ throw failure }, Runnable::run) }
            time.run()
            future.failure() shouldBeSameInstanceAs failure
        }

        test("cancelled while it waits: the timer is gone and no attempt follows: $way") {
            val time = ManualTime()
            var calls = 0
            val future =
                time
                    .build {
                        every(60.seconds)
                        forever()
                    }.callAsync<Unit>(time.executor) {
                        calls++
                        CompletableFuture.failedFuture(Broken("a"))
                    }
            time.advance(1.seconds)
            time.pending shouldBe 1
            future.cancel(true) shouldBe true
            time.pending shouldBe 0
            time.run()
            calls shouldBe 1
            future.isCancelled shouldBe true
        }

        test("cancelled while an attempt runs: its stage is cancelled and no attempt follows: $way") {
            val time = ManualTime()
            val stage = CompletableFuture<String>()
            var calls = 0
            val future =
                time.build { maxAttempts(3) }.callAsync(time.executor) {
                    calls++
                    stage
                }
            future.cancel(true)
            stage.isCancelled shouldBe true
            time.run()
            calls shouldBe 1
        }

        test("cancelled while an attempt waits for its executor: it is not made: $way") {
            val time = ManualTime()
            val future = time.build { maxAttempts(3) }.supplyAsync<Unit>(time.executor) { error("an attempt is made") }
            future.cancel(true)
            time.run()
            future.isCancelled shouldBe true
            time.pending shouldBe 0
        }

        test("cancelled while a body runs: its thread is interrupted, and only there: $way") {
            val time = ManualTime()
            var interrupted = 0
            lateinit var future: CompletableFuture<Unit>
            future =
                time.build { maxAttempts(3) }.supplyAsync(time.executor) {
                    time.at(1.seconds) { future.cancel(true) }
                    try {
                        time.pass(60.seconds)
                    } catch (e: InterruptedException) {
                        interrupted++
                        throw e
                    }
                }
            time.run()
            interrupted shouldBe 1
            Thread.interrupted() shouldBe false
        }

        test("a timeout set on the future from outside ends the run like a cancellation: $way") {
            val time = ManualTime()
            val stage = CompletableFuture<String>()
            val future = time.build { maxAttempts(3) }.callAsync(time.executor) { stage }
            future.completeExceptionally(TimeoutException("outside")) shouldBe true
            stage.isCancelled shouldBe true
            future.failure()!!.message shouldBe "outside"
        }

        test("the value of somebody who completes the future counts, and the late one is closed: $way") {
            val time = ManualTime()
            var closed = 0
            val stage =
                object : CompletableFuture<AutoCloseable>() {
                    override fun cancel(mayInterruptIfRunning: Boolean) = false
                }
            val mine = AutoCloseable { error("the returned result is closed") }
            val future = time.build { maxAttempts(3) }.callAsync(time.executor) { stage }
            future.complete(mine) shouldBe true
            stage.complete { closed++ }
            future.getNow(null) shouldBeSameInstanceAs mine
            closed shouldBe 1
        }

        test("an executor that rejects ends the run with the rejection, the last failure beside it: $way") {
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

        test("a stage that knows no future can still be cancelled from: $way") {
            val stage =
                object : CompletableFuture<String>() {
                    override fun toCompletableFuture(): CompletableFuture<String> = throw UnsupportedOperationException()
                }
            val future = ManualTime().build { maxAttempts(3) }.callAsync(Runnable::run) { stage as CompletionStage<String> }
            warningsOf { future.cancel(true) shouldBe true }.size shouldBe 1
            future.isCancelled shouldBe true
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
            timer(dead)
        }.callAsync<Unit>(Runnable::run) { CompletableFuture.failedFuture(failure) }
            .failure() shouldBeSameInstanceAs rejection
        retry {
            maxAttempts(3)
            initialDelay(1.seconds)
            timer(dead)
        }.callAsync<Unit>(Runnable::run) { error("made") }
            .failure() shouldBeSameInstanceAs rejection
        shouldThrow<RejectedExecutionException> {
            retry {
                maxAttempts(3)
                every(1.seconds)
                timer(dead)
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
                within(10.seconds)
                timer(time)
                timeSource(time)
            }.supplyAsync<Unit>(Executor {}) { error("made") }
        time.advance(9.seconds)
        future.isDone shouldBe false
        time.advance(1.seconds)
        future
            .failure()
            .shouldNotBeNull()
            .retryReport!!
            .reason shouldBe StopReason.DEADLINE
    }

    test("a full executor: a stop with grace ends the run although no attempt can start") {
        val time = ManualTime()
        val signal = StopSignal()
        val future =
            retry {
                stopWhen(signal, grace = 1.seconds)
                timer(time)
                timeSource(time)
            }.supplyAsync<Unit>(Executor {}) { error("made") }
        signal.stop()
        time.advance(1.seconds)
        future.failure().shouldBeInstanceOf<RetryStoppedException>()
    }

    test("an executor that comes too late: no attempt starts at or after the deadline") {
        val time = ManualTime()
        var calls = 0
        val slow = Executor { time.schedule(20_000_000_000, it) }
        val future =
            retry {
                maxAttempts(3)
                within(10.seconds)
                timer(time)
                timeSource(time)
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

    test("a derived future that is cancelled leaves the run alone, as every CompletableFuture does") {
        val time = ManualTime()
        var calls = 0
        val future =
            retry {
                maxAttempts(3)
                every(1.seconds)
                timer(time)
            }.callAsync<Unit>(time.executor) {
                calls++
                CompletableFuture.failedFuture(Broken("a"))
            }
        future.thenApply { it }.cancel(true)
        time.run()
        calls shouldBe 3
    }

    test("one last event for a future that is cancelled, and none after it") {
        val time = ManualTime()
        val log = EventLog()
        val stage = CompletableFuture<String>()
        val future =
            retry {
                maxAttempts(3)
                listener(log)
                timer(time)
                timeSource(time)
            }.callAsync(time.executor) { stage }
        time.advance(1.seconds)
        future.cancel(true)
        future.cancel(true)
        stage.complete("late")
        time.run()
        log.lines shouldContainExactly listOf("told cancelled after 0 at 1s")
    }

    test("a stage that somebody else cancels is a failure and not the future's cancellation") {
        val time = ManualTime()
        var calls = 0
        val future =
            retry {
                maxAttempts(3)
                timer(time)
            }.callAsync<Unit>(time.executor) {
                calls++
                CompletableFuture<Unit>().apply { cancel(true) }
            }
        time.run()
        calls shouldBe 3
        future.isCancelled shouldBe false
        future.failure().shouldBeInstanceOf<ForeignCancellationException>()
    }

    test("the thread that completes a stage lends the run nothing of its own") {
        val time = ManualTime()
        var calls = 0
        val stages = ArrayList<CompletableFuture<Unit>>()
        val future =
            retry {
                maxAttempts(3)
                timer(time)
            }.callAsync(time.executor) {
                calls++
                CompletableFuture<Unit>().also { stages += it }
            }
        val bystander =
            retry {
                maxAttempts(2)
                nested(Nested.Suppress)
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
