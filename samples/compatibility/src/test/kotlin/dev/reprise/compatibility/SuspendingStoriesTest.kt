package dev.reprise.compatibility

import dev.reprise.policy.StopReason
import dev.reprise.retry
import dev.reprise.retryAsync
import dev.reprise.run.ForeignCancellationException
import dev.reprise.run.NestedRetries
import dev.reprise.run.RetryOutcome
import dev.reprise.run.StopSignal
import dev.reprise.run.retryReport
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.asContextElement
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import java.io.IOException
import java.net.ConnectException
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

class SuspendingStoriesTest {
    private val log = Log()
    private val briefly = retry {
        every(1.seconds)
        maxAttempts(3)
        events(log)
    }

    @Test
    fun `the third attempt succeeds, in virtual time`() =
        runTest {
            val server = Server(log, failures = 2)
            log += briefly { server.call() }
            assertEquals(
                listOf(
                    "call 1",
                    "attempt 1 failed: refused, then 1s",
                    "call 2",
                    "attempt 2 failed: refused, then 1s",
                    "call 3",
                    "attempt 3 succeeded",
                    "answer 3",
                ),
                log,
            )
            assertEquals(2_000, currentTime)
        }

    @Test
    fun `the last failure is thrown unchanged and carries the report`() =
        runTest {
            val server = Server(log)
            val failure = runCatching { briefly { server.call() } }.exceptionOrNull()!!
            assertEquals(ConnectException::class.java, failure.javaClass)
            assertEquals(3, failure.retryReport?.attempts)
            assertEquals(StopReason.EXHAUSTED, failure.retryReport?.stopReason)
            assertEquals("gave up: EXHAUSTED", log.last())
        }

    @Test
    fun `a failure that no rule names is not retried`() =
        runTest {
            val network = retry {
                every(1.seconds)
                maxAttempts(3)
                on<IOException>()
                events(log)
            }
            log += network.outcome { error("a bug") }.fold({ "fine" }, { it.message.orEmpty() })
            assertEquals(listOf("attempt 1 failed: a bug, then nothing", "gave up: NOT_RETRYABLE", "a bug"), log)
        }

    @Test
    fun `a rejected result is retried`() =
        runTest {
            val polling = retry {
                every(1.minutes)
                maxAttempts(5)
                onResult<Int> { it < 3 }
                events(log)
            }
            var answers = 0
            log += "result ${polling { ++answers }}"
            assertEquals(
                listOf("attempt 1 failed: 1, then 1m", "attempt 2 failed: 2, then 1m", "attempt 3 succeeded", "result 3"),
                log,
            )
        }

    @Test
    fun `a stop ends the wait, and nothing is cancelled`() =
        runTest {
            val shutdown = StopSignal()
            val forEver = retry {
                every(60.seconds)
                stopWhen(shutdown)
                events(log)
            }
            val server = Server(log)
            val run = launch { log += forEver.outcome { server.call() }.fold({ "fine" }, { it.message.orEmpty() }) }
            delay(90.seconds)
            shutdown.stop("closing time")
            run.join()
            assertEquals(
                listOf(
                    "call 1",
                    "attempt 1 failed: refused, then 1m",
                    "call 2",
                    "attempt 2 failed: refused, then 1m",
                    "gave up: STOPPED",
                    "refused",
                ),
                log,
            )
            assertEquals(90_000, currentTime)
            assertEquals(false, run.isCancelled)
        }

    @Test
    fun `the end of a job is a stop too`() =
        runTest {
            val application = Job()
            val forEver = retry {
                every(60.seconds)
                stopWhen(application)
                events(log)
            }
            val run = launch { forEver.outcome { throw ConnectException("refused") } }
            delay(1.seconds)
            application.cancel()
            run.join()
            assertEquals(listOf("attempt 1 failed: refused, then 1m", "gave up: STOPPED"), log)
        }

    @Test
    fun `a stop waits for a running attempt, for as long as the grace allows`() =
        runTest {
            val shutdown = StopSignal()
            val graceful = retry {
                every(60.seconds)
                stopWhen(shutdown, grace = 5.seconds)
                events(log)
            }
            val run = launch { graceful.outcome { delay(1.hours) } }
            delay(1.seconds)
            shutdown.stop()
            run.join()
            assertEquals(6_000, currentTime)
            assertEquals("gave up: STOPPED", log.last())
        }

    @Test
    fun `cancelling the caller ends the wait at once`() =
        runTest {
            val run = launch { briefly { throw ConnectException("refused") } }
            delay(1500.milliseconds)
            run.cancelAndJoin()
            assertEquals(
                listOf("attempt 1 failed: refused, then 1s", "attempt 2 failed: refused, then 1s", "cancelled"),
                log,
            )
            assertTrue(run.isCancelled)
        }

    @Test
    fun `an attempt that takes too long is a failed attempt`() =
        runTest {
            val impatient = retry {
                every(1.seconds)
                maxAttempts(2)
                attemptTimeout(5.seconds)
                events(log)
            }
            val failure = runCatching { impatient { delay(1.hours) } }.exceptionOrNull()!!
            assertEquals("AttemptTimeoutException", failure.javaClass.simpleName)
            assertEquals(11_000, currentTime)
            assertEquals("gave up: EXHAUSTED", log.last())
        }

    @Test
    fun `a run has a time limit too`() =
        runTest {
            val limited = retry {
                every(60.seconds)
                maxDuration(150.seconds)
                events(log)
                testing { timeSource(testScheduler.timeSource) }
            }
            limited.outcome { throw ConnectException("refused") }
            assertEquals("gave up: DEADLINE", log.last())
            assertEquals(120_000, currentTime)
        }

    @Test
    fun `the cancellation of something else is a failure with its own type`() =
        runTest {
            val other = CompletableDeferred<String>().apply { cancel() }
            val outcome = briefly.outcome { other.await() } as RetryOutcome.Failure
            assertEquals(ForeignCancellationException::class.java, outcome.failure.javaClass)
            assertEquals(1, outcome.report.attempts)
        }

    @Test
    fun `thread locals of the coroutine are in each attempt, on every thread`() =
        runBlocking {
            val user = ThreadLocal<String?>()
            val soon = retry {
                every(1.milliseconds)
                maxAttempts(3)
            }
            withContext(Dispatchers.Default + user.asContextElement("Ada")) {
                soon {
                    withContext(Dispatchers.IO) { log += "$number: ${user.get()}" }
                    if (number < 3) throw ConnectException("refused")
                }
            }
            assertEquals(listOf("1: Ada", "2: Ada", "3: Ada"), log)
        }

    @Test
    fun `a deferred run ends like any other`() =
        runTest {
            val server = Server(log, failures = 1)
            val answer = retryAsync(briefly) { server.call() }
            assertEquals("answer 2", answer.await())
            val endless = retryAsync(briefly) { throw ConnectException("refused") }
            delay(1.milliseconds)
            endless.cancelAndJoin()
            assertEquals("cancelled", log.last())
        }

    @Test
    fun `retries inside retries are suppressed on demand`() =
        runTest {
            val outer = retry {
                every(1.seconds)
                maxAttempts(2)
                nestedRetries(NestedRetries.SUPPRESS)
            }
            val server = Server(log)
            outer.outcome { briefly { server.call() } }
            assertEquals(listOf("call 1", "call 2"), log.filter { it.startsWith("call") })
        }

    @Test
    fun `settings without a limit are rejected`() {
        val failure = assertThrows(IllegalArgumentException::class.java) { retry { every(1.seconds) } }
        assertTrue("maxAttempts" in failure.message.orEmpty(), failure.message)
    }
}
