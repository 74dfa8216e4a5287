package dev.reprise.internal.engine

import dev.reprise.retry
import dev.reprise.run.RetryEvent
import dev.reprise.run.RetryTimer
import dev.reprise.run.StopSignal
import dev.reprise.testing.Broken
import dev.reprise.testing.EventLog
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldHaveSize
import io.kotest.matchers.ints.shouldBeLessThanOrEqual
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.yield
import java.util.concurrent.CompletableFuture
import java.util.concurrent.CountDownLatch
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicBoolean
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicReference
import java.util.function.BooleanSupplier
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours

private const val ROUNDS = 3000

/** A timer whose actions run when the test triggers them, on the thread of the test. */
private class HeldTimer : RetryTimer {
    private val held = AtomicReference<Runnable?>()
    val open = AtomicInteger()

    override fun schedule(
        delayNanos: Long,
        action: Runnable,
    ): AutoCloseable {
        val isOpen = AtomicBoolean(true)
        open.incrementAndGet()
        held.set(action)
        return AutoCloseable { if (isOpen.compareAndSet(true, false)) open.decrementAndGet() }
    }

    fun fire() {
        held.getAndSet(null)?.run()
    }

    override fun sleep(
        nanos: Long,
        isWoken: BooleanSupplier,
    ) = error("no thread blocks here")
}

/** Does both at the same time, as far as two threads can, and waits for both. */
private class Racers : AutoCloseable {
    private val other = Executors.newSingleThreadExecutor()

    fun race(
        one: () -> Unit,
        two: () -> Unit,
    ) {
        val ready = CountDownLatch(1)
        val go = AtomicBoolean()
        val end =
            other.submit {
                ready.countDown()
                while (!go.get()) Thread.onSpinWait()
                two()
            }
        ready.await()
        go.set(true)
        one()
        end.get(20, TimeUnit.SECONDS)
    }

    override fun close() {
        other.shutdownNow()
    }
}

class RacesSpec : FunSpec({
    val racers = Racers()
    afterSpec { racers.close() }

    fun EventLog.ends() = lines.filter { "failed" !in it }

    test("a cancellation races with the end of an attempt: no timer is left and no attempt follows") {
        repeat(ROUNDS) {
            val timer = HeldTimer()
            val log = EventLog()
            val calls = AtomicInteger()
            val stage = CompletableFuture<String>()
            val future =
                retry {
                    forever()
                    every(1.hours)
                    testing { timer(timer) }
                    listener(log)
                }.callAsync(Runnable::run) {
                    calls.incrementAndGet()
                    stage
                }
            racers.race({ future.cancel(true) }, { stage.completeExceptionally(Broken("a")) })
            future.isCancelled shouldBe true
            timer.open.get() shouldBe 0
            timer.fire()
            calls.get() shouldBe 1
            log.ends() shouldHaveSize 1
        }
    }

    test("a cancellation races with the end of a wait: an attempt that starts is cancelled as well") {
        repeat(ROUNDS) {
            val timer = HeldTimer()
            val log = EventLog()
            val stages = ArrayList<CompletableFuture<String>>()
            val future =
                retry {
                    forever()
                    every(1.hours)
                    testing { timer(timer) }
                    listener(log)
                }.callAsync(Runnable::run) {
                    CompletableFuture<String>().also { if (number == 1) it.completeExceptionally(Broken("a")) else stages += it }
                }
            racers.race({ future.cancel(true) }, { timer.fire() })
            future.isCancelled shouldBe true
            stages.all { it.isCancelled } shouldBe true
            stages.size shouldBeLessThanOrEqual 1
            timer.open.get() shouldBe 0
            log.ends() shouldHaveSize 1
        }
    }

    test("a stop races with the end of a wait: one of them wins, and the run ends once") {
        repeat(ROUNDS) {
            val timer = HeldTimer()
            val log = EventLog()
            val signal = StopSignal()
            val future =
                retry {
                    stopWhen(signal)
                    every(1.hours)
                    testing { timer(timer) }
                    listener(log)
                }.callAsync(Runnable::run) {
                    if (number == 1) CompletableFuture.failedFuture(Broken("a")) else CompletableFuture.completedFuture("second")
                }
            racers.race({ signal.stop() }, { timer.fire() })
            future.isDone shouldBe true
            timer.open.get() shouldBe 0
            log.ends() shouldHaveSize 1
        }
    }

    test("a timeout races with the end of the attempt: each attempt ends once") {
        repeat(ROUNDS) {
            val timer = HeldTimer()
            val log = EventLog()
            val stage = CompletableFuture<String>()
            val future =
                retry {
                    maxAttempts(1)
                    attemptTimeout(1.hours)
                    testing { timer(timer) }
                    listener(log)
                }.callAsync(Runnable::run) { stage }
            racers.race({ timer.fire() }, { stage.complete("fine") })
            future.isDone shouldBe true
            timer.open.get() shouldBe 0
            log.ends() shouldHaveSize 1
        }
    }

    test("a value from outside races with the run's own: one of them counts, the other is closed") {
        repeat(ROUNDS) {
            val closed = AtomicInteger()
            val own = AutoCloseable { closed.incrementAndGet() }
            val outside = AutoCloseable { closed.addAndGet(100) }
            val stage = CompletableFuture<AutoCloseable>()
            val future = retry { maxAttempts(2) }.callAsync(Runnable::run) { stage }
            racers.race({ future.complete(outside) }, { stage.complete(own) })
            val taken = future.getNow(null)
            // A stage that was cancelled in time never had a value of its own.
            if (taken === own) closed.get() shouldBe 0
            if (taken === outside) closed.get() shouldBe if (stage.isCancelled) 0 else 1
        }
    }

    test("a cancelled body's thread is interrupted in the body and never after it") {
        val pool = Executors.newSingleThreadExecutor()
        try {
            val flags = AtomicInteger()
            repeat(ROUNDS) {
                val future = retry { maxAttempts(1) }.supplyAsync(pool) { repeat(it % 50) { Thread.onSpinWait() } }
                racers.race({ future.cancel(true) }, { Thread.onSpinWait() })
                pool.execute { if (Thread.currentThread().isInterrupted) flags.incrementAndGet() }
            }
            pool.submit {}.get(20, TimeUnit.SECONDS)
            flags.get() shouldBe 0
        } finally {
            pool.shutdownNow()
        }
    }

    test("an interrupt guard that is closed while its body leaves clears its interrupt") {
        repeat(ROUNDS * 3) { round ->
            val guard = InterruptGuard()
            racers.race({ guard.run { repeat(round % 100) { Thread.onSpinWait() } } }, { guard.close() })
            Thread.currentThread().isInterrupted shouldBe false
        }
    }

    test("a coroutine that is cancelled at any moment makes no attempt after it has ended") {
        runBlocking(Dispatchers.Default) {
            val ways =
                listOf(
                    retry { forever() },
                    retry {
                        forever()
                        listener {}
                    },
                    retry {
                        forever()
                        stopWhen(Job(), Duration.ZERO)
                    },
                )
            for (retry in ways) {
                repeat(1000) { round ->
                    val calls = AtomicInteger()
                    val job =
                        launch {
                            retry {
                                calls.incrementAndGet()
                                if (round % 3 == 0) yield()
                                throw Quick
                            }
                        }
                    repeat(round % 40) { Thread.onSpinWait() }
                    job.cancel()
                    job.join()
                    val atEnd = calls.get()
                    yield()
                    calls.get() shouldBe atEnd
                }
            }
        }
    }

    test("one policy serves many runs on many threads at once") {
        runBlocking(Dispatchers.Default) {
            val counts = AtomicInteger()
            val retry =
                retry {
                    delays(List(4) { Duration.ZERO }.asSequence())
                    listener { if (it is RetryEvent.GaveUp) counts.addAndGet(it.number) }
                }
            List(1000) { launch { retry.outcome { throw Quick } } }.joinAll()
            counts.get() shouldBe 5000
        }
    }
})

private object Quick : RuntimeException("quick", null, false, false) {
    private fun readResolve(): Any = Quick
}
