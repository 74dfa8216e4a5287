package dev.reprise.internal.engine

import dev.reprise.Retry
import dev.reprise.RetryBuilder
import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.policy.StopReason
import dev.reprise.retry
import dev.reprise.retryPolicy
import dev.reprise.run.Attempt
import dev.reprise.run.retryReport
import dev.reprise.testing.Broken
import dev.reprise.testing.EventLog
import dev.reprise.testing.ManualTime
import dev.reprise.testing.failure
import io.kotest.assertions.throwables.shouldThrowAny
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContain
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runBlocking
import java.io.IOException
import java.lang.ref.WeakReference
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executor
import java.util.concurrent.Executors
import java.util.concurrent.RejectedExecutionException
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private val ways: Map<String, RetryBuilder.() -> RetryBuilder> = mapOf("plain" to { this }, "heard" to { listener {} })

/** Blocks until [latch] opens, and ignores interrupts as some drivers do. */
private fun awaitStubbornly(latch: CountDownLatch) {
    var wasInterrupted = false
    while (latch.count > 0) {
        try {
            latch.await()
        } catch (_: InterruptedException) {
            wasInterrupted = true
        }
    }
    if (wasInterrupted) Thread.currentThread().interrupt()
}

/** Edge cases of futures: rejecting executors, queues, bodies that do not end when they are cancelled. */
class FutureFaultsSpec : FunSpec({
    for ((way, always) in ways) {
        for (last in 1..2) {
            test("an executor shut down in attempt $last: its rejection has the failure of that attempt as suppressed: $way") {
                val log = EventLog()
                val executor = Executors.newFixedThreadPool(1)
                val future =
                    retry {
                        maxAttempts(3)
                        always()
                        listener(log)
                    }.supplyAsync<Unit>(executor) {
                        if (number == last) executor.shutdown()
                        throw IOException("real failure $number")
                    }
                shouldThrowAny { future.get(20, TimeUnit.SECONDS) }
                val rejection = future.failure().shouldBeInstanceOf<RejectedExecutionException>()
                rejection.suppressed.map { it.message } shouldContain "real failure $last"
                rejection.retryReport!!.attempts shouldBe last
                log.lines.map { it.substringBefore(" at ").substringBefore(" failed") } shouldContainExactly
                    (1..last).map { "told $it" } + "told gave up after $last"
            }
        }
    }

    test("the time that an attempt waits for a thread does not count for its timeout") {
        val time = ManualTime()
        val queue = ArrayList<Runnable>()
        val log = EventLog()
        val future =
            retry {
                maxAttempts(3)
                attemptTimeout(100.milliseconds)
                listener(log)
                testing { timer(time).timeSource(time) }
            }.supplyAsync(Executor { queue += it }) {
                time.pass(90.milliseconds)
                "fine"
            }
        time.advance(10.seconds)
        future.isDone shouldBe false
        queue.single().run()
        future.getNow("never") shouldBe "fine"
        log.lines shouldContainExactly listOf("told 1 succeeded at 10.09s")
    }

    test("an attempt that never gets a thread is not counted when the run reaches its deadline") {
        val time = ManualTime()
        val future =
            retry {
                maxAttempts(3)
                maxDuration(10.seconds)
                testing { timer(time).timeSource(time) }
            }.supplyAsync<Unit>(Executor {}) { error("an attempt starts") }
        time.advance(10.seconds)
        val report = future.failure().shouldBeInstanceOf<AttemptTimeoutException>().retryReport!!
        report.attempts shouldBe 0
        report.stopReason shouldBe StopReason.DEADLINE
        time.pending shouldBe 0
    }

    test("no attempt starts after a limit that does not cancel, whether it waits for a thread or none is left") {
        val time = ManualTime()
        val waiting = ArrayDeque<Runnable>()
        val calls = AtomicInteger()
        val future =
            retry {
                maxAttempts(3)
                maxDuration(10.seconds, cancel = false)
                testing { timer(time).timeSource(time) }
            }.supplyAsync(Executor { waiting += it }) {
                calls.incrementAndGet()
                time.pass(9.seconds)
                throw Broken("a")
            }
        waiting.removeFirst().run()
        waiting.size shouldBe 1
        time.advance(1.seconds)
        future
            .failure()
            .shouldBeInstanceOf<Broken>()
            .retryReport!!
            .let { it.attempts to it.stopReason } shouldBe (1 to StopReason.DEADLINE)
        waiting.removeFirst().run()
        calls.get() shouldBe 1
        time.pending shouldBe 0
    }

    test("two limits of which the later one cancels: an attempt that waits ends at the earlier, a running one at the later") {
        val limits =
            retryPolicy { maxDuration(5.seconds, cancel = false) } and
                retryPolicy {
                    maxDuration(10.seconds)
                    maxAttempts(3)
                }
        for ((isTaken, attempts, end) in listOf(Triple(true, 1, 10.seconds), Triple(false, 0, 5.seconds))) {
            val time = ManualTime()
            val waiting = ArrayDeque<Runnable>()
            val future =
                retry {
                    policy(limits)
                    testing { timer(time).timeSource(time) }
                }.supplyAsync(Executor { waiting += it }) { time.pass(60.seconds) }
            if (isTaken) waiting.removeFirst().run() else time.advance(60.seconds)
            val report = future.failure().shouldBeInstanceOf<AttemptTimeoutException>().retryReport!!
            report.attempts shouldBe attempts
            report.elapsed shouldBe end
            time.pending shouldBe 0
        }
    }

    test("bodies of one run do not overlap: the next one starts when the cancelled one has ended") {
        val running = AtomicInteger()
        val most = AtomicInteger()
        val first = CountDownLatch(1)
        val cancelled = CountDownLatch(1)
        val future =
            retry {
                maxAttempts(3)
                attemptTimeout(10.milliseconds)
                listener { cancelled.countDown() }
            }.supplyAsync {
                most.accumulateAndGet(running.incrementAndGet(), ::maxOf)
                try {
                    if (number == 1) {
                        awaitStubbornly(first)
                        throw Broken("ended late")
                    }
                    "attempt $number"
                } finally {
                    running.decrementAndGet()
                }
            }
        // The attempt has not ended before its body has.
        cancelled.await(100, TimeUnit.MILLISECONDS) shouldBe false
        first.countDown()
        future.get(20, TimeUnit.SECONDS) shouldBe "attempt 2"
        most.get() shouldBe 1
    }

    test("a run that abandons timed-out bodies starts the next one at once") {
        val first = CountDownLatch(1)
        val ended = CountDownLatch(1)
        val future =
            retry {
                maxAttempts(3)
                attemptTimeout(10.milliseconds)
                abandonTimedOutBodies()
            }.supplyAsync {
                if (number == 1) {
                    awaitStubbornly(first)
                    ended.countDown()
                }
                "attempt $number"
            }
        future.get(20, TimeUnit.SECONDS) shouldBe "attempt 2"
        first.countDown()
        ended.await(20, TimeUnit.SECONDS) shouldBe true
        future.get() shouldBe "attempt 2"
    }

    val runners: Map<String, (Retry, Attempt.() -> String) -> String> =
        mapOf(
            "suspend" to { retry, body -> runBlocking(Dispatchers.Default) { retry.invoke { body() } } },
            "blocking" to { retry, body -> retry.callBlocking(body) },
            "future" to { retry, body -> retry.supplyAsync(body = body).get(20, TimeUnit.SECONDS) },
        )
    for ((runner, run) in runners) {
        test("a value that a body returns after its timeout counts: $runner") {
            val retry =
                retry {
                    maxAttempts(1)
                    attemptTimeout(5.milliseconds)
                }
            run(retry) {
                val end = System.nanoTime() + 50_000_000
                while (System.nanoTime() < end) Thread.onSpinWait()
                "late"
            } shouldBe "late"
        }
    }

    test("a blocking body can see that its attempt was cancelled although it ignores interrupts") {
        val limited =
            retry {
                maxAttempts(1)
                attemptTimeout(5.milliseconds)
            }
        val body: Attempt.() -> String = {
            while (!isCancelled) Thread.onSpinWait()
            "seen"
        }
        limited.callBlocking(body) shouldBe "seen"
        limited.supplyAsync(body = body).get(20, TimeUnit.SECONDS) shouldBe "seen"
        retry { maxAttempts(1) }.callBlocking { isCancelled } shouldBe false
    }

    test("a completed future keeps neither the body nor what it captures alive") {
        fun start(): Pair<CompletableFuture<String>, WeakReference<ByteArray>> {
            val captured = ByteArray(1000)
            val future =
                retry {
                    maxAttempts(3)
                    listener {}
                }.supplyAsync({ it.run() }) { if (number == 1) throw Broken("${captured.size}") else "value" }
            return future to WeakReference(captured)
        }
        val (future, captured) = start()
        future.get(20, TimeUnit.SECONDS) shouldBe "value"
        var collections = 0
        while (captured.get() != null && collections++ < 100) System.gc()
        captured.get() shouldBe null
        future.join() shouldBe "value"
    }
})
