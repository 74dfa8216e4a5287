package dev.reprise.compatibility

import dev.reprise.retry
import dev.reprise.run.StopSignal
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test
import java.net.ConnectException
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

class FlowStoriesTest {
    private val log = Log()
    private val briefly = retry {
        every(1.seconds)
        maxAttempts(3)
        events(log)
    }

    /** Breaks in its first [failures] collections, each time after one element. */
    private fun feed(failures: Int): Flow<String> {
        var collections = 0
        return flow {
            emit("price ${++collections}")
            if (collections <= failures) throw ConnectException("reset")
        }
    }

    @Test
    fun `a flow that breaks is collected again`() =
        runTest {
            assertEquals(listOf("price 1", "price 2", "price 3"), feed(failures = 2).retry(briefly).toList())
            assertEquals(
                listOf("attempt 1 failed: reset, then 1s", "attempt 2 failed: reset, then 1s", "attempt 3 succeeded"),
                log,
            )
        }

    @Test
    fun `the last failure ends the collection, after the elements it had`() =
        runTest {
            val elements = Log()
            val failure = runCatching { feed(failures = 99).retry(briefly).collect { elements += it } }.exceptionOrNull()
            assertEquals("reset", failure?.message)
            assertEquals(listOf("price 1", "price 2", "price 3"), elements)
            assertEquals("gave up: EXHAUSTED", log.last())
        }

    @Test
    fun `a collector that has enough is a success`() =
        runTest {
            assertEquals("price 1", feed(failures = 99).retry(briefly).first())
            assertEquals(listOf("price 1", "price 2"), feed(failures = 99).retry(briefly).take(2).toList())
            assertEquals(listOf("attempt 1 succeeded", "attempt 1 failed: reset, then 1s", "attempt 2 succeeded"), log)
        }

    @Test
    fun `a failure of the collector is not retried`() =
        runTest {
            val failure = runCatching { feed(failures = 0).retry(briefly).collect { error("a bug") } }.exceptionOrNull()
            assertEquals("a bug", failure?.message)
            assertEquals(0, currentTime)
        }

    @Test
    fun `progress starts the count over on demand`() =
        runTest {
            val prices = feed(failures = 5).retry(briefly, startOverAfterElement = true).toList()
            assertEquals((1..6).map { "price $it" }, prices)
            assertEquals(5_000, currentTime)
        }

    @Test
    fun `cancelling the collector ends the wait`() =
        runTest {
            val run = launch { feed(failures = 99).retry(briefly).collect { log += it } }
            delay(500.milliseconds)
            run.cancelAndJoin()
            assertEquals(listOf("price 1", "attempt 1 failed: reset, then 1s", "cancelled"), log)
        }

    @Test
    fun `a stop ends the wait of a collection`() =
        runTest {
            val shutdown = StopSignal()
            val forEver = retry {
                every(60.seconds)
                stopWhen(shutdown)
                events(log)
            }
            val run = launch { runCatching { feed(failures = 99).retry(forEver).collect { log += it } } }
            delay(1.seconds)
            shutdown.stop()
            run.join()
            assertEquals(listOf("price 1", "attempt 1 failed: reset, then 1m", "gave up: STOPPED"), log)
        }
}
