package dev.reprise.compatibility

import dev.reprise.interop.testing.VirtualTime
import dev.reprise.retry
import dev.reprise.run.RetryBudget
import dev.reprise.run.RetryOutcome
import dev.reprise.run.StopSignal
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Test
import java.net.ConnectException
import java.time.Duration
import java.util.concurrent.CountDownLatch
import kotlin.concurrent.thread
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class BlockingStoriesTest {
    private val log = Log()
    private val time = VirtualTime()
    private val briefly = retry {
        every(1.minutes)
        maxAttempts(3)
        events(log)
        testing { time(time) }
    }

    @Test
    fun `a thread waits in virtual time`() {
        val server = Server(log, failures = 2)
        log += briefly.callBlocking { server.call() }
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
    fun `the last failure reaches the catch block`() {
        val failure = assertThrows(ConnectException::class.java) { briefly.callBlocking { throw ConnectException("refused") } }
        assertEquals("refused", failure.message)
        assertEquals("gave up: EXHAUSTED", log.last())
    }

    @Test
    fun `a stop in the wait ends the run with its last failure`() {
        val shutdown = StopSignal()
        val forEver = retry {
            every(1.minutes)
            stopWhen(shutdown)
            events(log)
            testing { time(time) }
        }
        time.after(Duration.ofSeconds(90)) { shutdown.stop() }
        val outcome = forEver.outcomeBlocking { throw ConnectException("refused") }
        assertEquals("refused", (outcome as RetryOutcome.Failure).failure.message)
        assertEquals("gave up: STOPPED", log.last())
        assertEquals(Duration.ofSeconds(90), time.elapsed())
    }

    @Test
    fun `an interrupt ends the wait of a real thread`() {
        val waits = CountDownLatch(1)
        val slow = retry {
            every(1.hours)
            maxAttempts(3)
            beforeRetry { waits.countDown() }
        }
        val run =
            thread {
                runCatching { slow.callBlocking { throw ConnectException("refused") } }
                    .onFailure { log += it.javaClass.simpleName }
            }
        waits.await()
        run.interrupt()
        run.join()
        assertEquals(listOf("InterruptedException"), log)
    }

    @Test
    fun `an attempt that takes too long is interrupted`() {
        val impatient = retry {
            every(1.milliseconds)
            maxAttempts(2)
            attemptTimeout(20.milliseconds)
            events(log)
        }
        val outcome = impatient.outcomeBlocking { CountDownLatch(1).await() } as RetryOutcome.Failure
        assertEquals("AttemptTimeoutException", outcome.failure.javaClass.simpleName)
        assertEquals(2, outcome.report.attempts)
        assertEquals("gave up: EXHAUSTED", log.last())
    }

    @Test
    fun `a budget limits the retries of all runs`() {
        val polite = retry {
            every(1.seconds)
            maxAttempts(50)
            budget(RetryBudget(ratio = 0.1, minRetriesPerSecond = 0.2))
            events(log)
            testing { time(time) }
        }
        polite.outcomeBlocking { throw ConnectException("refused") }
        assertEquals("gave up: BUDGET", log.last())
    }
}
