package dev.reprise.interop

import dev.reprise.interop.testing.VirtualTime
import dev.reprise.policy.StopReason
import dev.reprise.retry
import dev.reprise.run.RetryEvent
import dev.reprise.run.StopSignal
import dev.reprise.run.retryReport
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.Test
import java.io.IOException
import java.util.concurrent.CompletableFuture
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

@OptIn(ExperimentalCoroutinesApi::class)
class SuspendRetryProxyTest {
    interface Directory {
        @RetryWith(every = "60s", on = [IOException::class])
        suspend fun find(name: String): String

        @RetryWith(maxAttempts = 2)
        suspend fun now(): String?

        suspend fun plain(): String
    }

    private class Server(
        private val failures: Int,
        private val pause: Boolean = true,
    ) : Directory {
        var calls = 0

        private fun answer(name: String): String {
            if (++calls <= failures) throw IOException("failure $calls")
            return "$name after $calls"
        }

        override suspend fun find(name: String): String {
            if (pause) delay(1.seconds)
            return answer(name)
        }

        override suspend fun now(): String? = answer("now").takeIf { false }

        override suspend fun plain(): String = answer("plain")
    }

    private fun TestScope.wrap(
        server: Directory,
        stop: StopSignal = StopSignal(),
        vararg events: MutableList<RetryEvent>,
    ): Directory =
        RetryProxy.of(Directory::class.java, server) { _, builder ->
            builder.stopWhen(stop).testing { time(VirtualTime(testScheduler)) }
            events.forEach { log -> builder.listener { log += it } }
        }

    @Test
    fun suspendsWhileItWaits() =
        runTest {
            wrap(Server(failures = 2)).find("x") shouldBe "x after 3"
            currentTime shouldBe (2.minutes + 3.seconds).inWholeMilliseconds
        }

    @Test
    fun passesWhatDoesNotSuspend() =
        runTest {
            wrap(Server(failures = 2, pause = false)).find("x") shouldBe "x after 3"
            wrap(Server(failures = 1)).now() shouldBe null
        }

    @Test
    fun throwsTheLastFailureUnwrappedThoughNothingEverSuspended() =
        runTest {
            val failure = shouldThrow<IOException> { wrap(Server(failures = 9)).now() }
            failure.retryReport!!.attempts shouldBe 2
            shouldThrow<IOException> { wrap(Server(failures = 9)).plain() }.message shouldBe "failure 1"
        }

    @Test
    fun throwsUnwrappedOnEveryDispatcher() =
        runTest {
            for (dispatcher in listOf(Dispatchers.Unconfined, Dispatchers.Default, Dispatchers.IO)) {
                withContext(dispatcher) {
                    shouldThrow<IOException> { wrap(Server(failures = 9)).now() }.message shouldBe "failure 2"
                }
            }
        }

    @Test
    fun cancelsInAWait() =
        runTest {
            val server = Server(failures = 9)
            val events = mutableListOf<RetryEvent>()
            val run = launch { wrap(server, StopSignal(), events).find("x") }
            delay(90.seconds)
            run.cancelAndJoin()
            delay(1.hours)
            server.calls shouldBe 2
            events.map { it.javaClass.simpleName } shouldContainExactly listOf("AttemptFailed", "AttemptFailed", "Cancelled")
        }

    @Test
    fun cancelsARunningAttempt() =
        runTest {
            var cancelled = false
            val hanging =
                object : Directory by Server(0) {
                    override suspend fun find(name: String): String =
                        try {
                            awaitCancellation()
                        } catch (e: CancellationException) {
                            cancelled = true
                            throw e
                        }
                }
            val run = launch { wrap(hanging).find("x") }
            runCurrent()
            run.cancelAndJoin()
            cancelled shouldBe true
        }

    @Test
    fun stops() =
        runTest {
            val stop = StopSignal()
            launch {
                delay(3.hours)
                stop.stop()
            }
            val failure = shouldThrow<IOException> { wrap(Server(failures = Int.MAX_VALUE, pause = false), stop).find("x") }
            failure.message shouldBe "failure 180"
            failure.retryReport!!.stopReason shouldBe StopReason.STOPPED
            currentTime shouldBe 3.hours.inWholeMilliseconds
        }

    @Test
    fun sharesItsClockWithJava() =
        runTest {
            val time = VirtualTime(testScheduler)
            launch { delay(90.seconds) }
            val server = Server(failures = 1)
            val retry =
                RetryRunner
                    .builder()
                    .every(java.time.Duration.ofMinutes(1))
                    .maxAttempts(3)
                    .testing { time(time) }
                    .build()
                    .asRetry()
            retry { server.plain() } shouldBe "plain after 2"
            time.elapsed() shouldBe java.time.Duration.ofMinutes(1)
        }

    @Test
    fun awaitsWhatACoroutineOfItsClockCompletes() =
        runTest {
            val time = VirtualTime(testScheduler)
            val future = CompletableFuture<String>()
            launch {
                delay(1.hours)
                future.complete("the stage is complete")
                delay(1.hours)
            }
            time.await(future) shouldBe "the stage is complete"
            time.elapsed() shouldBe java.time.Duration.ofHours(1)
        }

    @Test
    fun kotlinAndJavaNamesLiveInOneFile() =
        runTest {
            val told = mutableListOf<Int>()
            val inKotlin: dev.reprise.Retry =
                retry {
                    maxAttempts(2)
                    listener { if (it is RetryEvent.AttemptFailed) told += it.number }
                }
            val inJava: RetryRunner = RetryRunner.of(inKotlin)
            inJava.asRetry() shouldBeSameInstanceAs inKotlin
            shouldThrow<IOException> { inJava.run<IOException> { throw IOException() } }
            told shouldContainExactly listOf(1, 2)
        }
}
