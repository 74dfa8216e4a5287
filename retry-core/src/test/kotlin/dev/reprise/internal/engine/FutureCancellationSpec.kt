package dev.reprise.internal.engine

import dev.reprise.RetryBuilder
import dev.reprise.retry
import dev.reprise.testing.Broken
import dev.reprise.testing.EventLog
import dev.reprise.testing.ManualTime
import dev.reprise.testing.failure
import dev.reprise.testing.warningsOf
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldBeEmpty
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.kotest.matchers.types.shouldBeSameInstanceAs
import java.util.concurrent.CancellationException
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CompletionStage
import java.util.concurrent.TimeUnit
import java.util.concurrent.TimeoutException
import kotlin.time.Duration.Companion.seconds

private val ways: Map<String, RetryBuilder.() -> RetryBuilder> =
    mapOf(
        "plain" to { this },
        "watched" to {
            listener {}
            attemptTimeout(9999.seconds)
        },
    )

/** Ending the future from outside ends the run. */
class FutureCancellationSpec : FunSpec({
    for ((way, always) in ways) {
        fun ManualTime.build(configure: RetryBuilder.() -> RetryBuilder) =
            retry {
                testing { timer(this@build).timeSource(this@build) }
                always()
                configure()
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

        test("cancelled while an attempt waits for its executor: it does not run: $way") {
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

        test("a value that completes the future from outside counts, and the late one is closed: $way") {
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

        test("a stage without toCompletableFuture lets the run be cancelled: $way") {
            val stage =
                object : CompletableFuture<String>() {
                    override fun toCompletableFuture(): CompletableFuture<String> = throw UnsupportedOperationException()
                }
            val future = ManualTime().build { maxAttempts(3) }.callAsync(Runnable::run) { stage as CompletionStage<String> }
            warningsOf { future.cancel(true) shouldBe true }.shouldBeEmpty()
            future.isCancelled shouldBe true
        }

        test("a stage whose cancel throws lets the run be cancelled, and is logged: $way") {
            val stage =
                object : CompletableFuture<String>() {
                    override fun cancel(mayInterruptIfRunning: Boolean): Boolean = throw Broken("cancel")
                }
            val future = ManualTime().build { maxAttempts(3) }.callAsync(Runnable::run) { stage }
            warningsOf { future.cancel(true) shouldBe true }.single().thrown.message shouldBe "cancel"
            future.isCancelled shouldBe true
        }
    }

    test("cancelling a derived future does not affect the run, as with every CompletableFuture") {
        val time = ManualTime()
        var calls = 0
        val future =
            retry {
                maxAttempts(3)
                every(1.seconds)
                testing { timer(time) }
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
                testing { timer(time).timeSource(time) }
            }.callAsync(time.executor) { stage }
        time.advance(1.seconds)
        future.cancel(true)
        future.cancel(true)
        stage.complete("late")
        time.run()
        log.lines shouldContainExactly listOf("told cancelled after 0 at 1s")
    }

    test("a stage that other code cancels ends the run with that cancellation, without a retry") {
        val time = ManualTime()
        var calls = 0
        val future =
            retry {
                maxAttempts(3)
                testing { timer(time) }
            }.callAsync<Unit>(time.executor) {
                calls++
                CompletableFuture<Unit>().apply { cancel(true) }
            }
        time.run()
        calls shouldBe 1
        future.failure().shouldBeInstanceOf<CancellationException>()
    }

    val endings: Map<String, (CompletableFuture<Int>) -> Unit> =
        mapOf(
            "completeAsync" to { it.completeAsync({ 7 }, { task -> task.run() }) },
            "obtrudeValue" to { it.obtrudeValue(7) },
            "completeOnTimeout" to { it.completeOnTimeout(7, 0, TimeUnit.NANOSECONDS).join() },
        )
    endings.forEach { (how, end) ->
        test("a future that is completed from outside makes no further attempt: $how") {
            val time = ManualTime()
            var calls = 0
            val log = EventLog()
            val future =
                retry {
                    every(1.seconds)
                    maxAttempts(3)
                    testing { timer(time).timeSource(time) }
                    listener(log)
                }.supplyAsync<Int>(time.executor) {
                    calls++
                    throw Broken("a")
                }
            time.run { calls == 1 }
            end(future)
            time.run()
            future.get() shouldBe 7
            calls shouldBe 1
            log.lines.last() shouldBe "told cancelled after 1 at 0s"
        }
    }

    val failures: Map<String, (CompletableFuture<Int>) -> Unit> =
        mapOf(
            "completeAsync" to { it.completeAsync({ throw Broken("supplier") }, { task -> task.run() }) },
            "obtrudeException" to { it.obtrudeException(Broken("supplier")) },
        )
    failures.forEach { (how, end) ->
        test("a future that is failed from outside makes no further attempt: $how") {
            val time = ManualTime()
            val future =
                retry {
                    maxAttempts(3)
                    testing { timer(time) }
                }.supplyAsync<Int>(time.executor) { error("an attempt is made") }
            end(future)
            time.run()
            future.failure().shouldBeInstanceOf<Broken>().message shouldBe "supplier"
        }
    }

    test("a value that comes too late to complete the future changes nothing, unless it is obtruded") {
        val future = retry { maxAttempts(3) }.supplyAsync({ it.run() }) { 1 }
        future.completeAsync({ 7 }, { it.run() }).get() shouldBe 1
        future.obtrudeValue(7)
        future.get() shouldBe 7
    }
})
