package dev.reprise.compatibility

import dev.reprise.interop.testing.VirtualTime
import dev.reprise.retry
import dev.reprise.run.StopSignal
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.net.ConnectException
import java.time.Duration
import java.util.concurrent.CompletableFuture
import java.util.concurrent.ExecutionException
import java.util.concurrent.Executors
import java.util.concurrent.TimeUnit
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class FutureStoriesTest {
    private val log = Log()
    private val time = VirtualTime()
    private val briefly = retry {
        every(1.minutes)
        maxAttempts(3)
        events(log)
        testing { time(time) }
    }

    @Test
    fun `a body on another thread is retried`() {
        val server = Server(log, failures = 2)
        log += time.await(briefly.supplyAsync { server.call() })!!
        assertEquals(
            listOf(
                "call 1",
                "attempt 1 failed: refused, then 1m",
                "call 2",
                "attempt 2 failed: refused, then 1m",
                "call 3",
                "attempt 3 succeeded",
                "answer 3",
            ),
            log,
        )
        assertEquals(Duration.ofMinutes(2), time.elapsed())
    }

    @Test
    fun `a stage that fails is retried, and the last failure is the cause`() {
        val future = briefly.callAsync { CompletableFuture.failedFuture<String>(ConnectException("refused")) }
        time.advanceBy(Duration.ofMinutes(2))
        val failure = assertThrows(ExecutionException::class.java) { future.get() }
        assertEquals("refused", failure.cause?.message)
        assertEquals("gave up: EXHAUSTED", log.last())
    }

    @Test
    fun `cancelling the future ends its wait`() {
        val future = briefly.callAsync { CompletableFuture.failedFuture<String>(ConnectException("refused")) }
        time.advanceBy(Duration.ofSeconds(90))
        future.cancel(true)
        time.advanceBy(Duration.ofHours(1))
        assertEquals(
            listOf("attempt 1 failed: refused, then 1m", "attempt 2 failed: refused, then 1m", "cancelled"),
            log,
        )
    }

    @Test
    fun `a stop completes the future with its last failure`() {
        val shutdown = StopSignal()
        val forEver = retry {
            every(1.minutes)
            stopWhen(shutdown)
            events(log)
            testing { time(time) }
        }
        val future = forEver.callAsync { CompletableFuture.failedFuture<String>(ConnectException("refused")) }
        shutdown.stop()
        time.advanceBy(Duration.ZERO)
        assertTrue(future.isCompletedExceptionally)
        assertEquals(listOf("attempt 1 failed: refused, then 1m", "gave up: STOPPED"), log)
    }

    @Test
    fun `a stage that never completes is timed out and cancelled`() {
        val stages = ArrayList<CompletableFuture<String>>()
        val impatient = retry {
            every(1.minutes)
            maxAttempts(2)
            attemptTimeout(5.seconds)
            events(log)
            testing { time(time) }
        }
        val future = impatient.callAsync { CompletableFuture<String>().also { stages += it } }
        time.advanceBy(Duration.ofSeconds(70))
        assertTrue(future.isCompletedExceptionally)
        assertEquals(listOf(true, true), stages.map { it.isCancelled })
        assertEquals("gave up: EXHAUSTED", log.last())
    }

    @Test
    fun `every attempt runs on the executor that was given`() {
        val pool = Executors.newSingleThreadExecutor { Thread(it, "mine") }
        val soon = retry {
            every(1.milliseconds)
            maxAttempts(3)
        }
        val future =
            soon.supplyAsync(pool) {
                log += "$number on ${Thread.currentThread().name}"
                if (number < 3) throw ConnectException("refused")
            }
        future.get(20, TimeUnit.SECONDS)
        pool.shutdown()
        assertEquals(listOf("1 on mine", "2 on mine", "3 on mine"), log)
    }
}
