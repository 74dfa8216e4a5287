package dev.reprise.internal.engine

import dev.reprise.RetryBuilder
import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.policy.StopReason
import dev.reprise.retry
import dev.reprise.retryPolicy
import dev.reprise.run.RetryTimer
import dev.reprise.run.retryReport
import dev.reprise.testing.ManualTime
import dev.reprise.testing.failure
import dev.reprise.testing.story
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.CoroutineExceptionHandler
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.test.testTimeSource
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Each part is valid; together they leave no time for an attempt. */
private val neverBegins =
    retryPolicy {
        initialDelay(10.seconds)
        maxAttempts(3)
    } and retryPolicy { maxDuration(5.seconds) }

/** A timer that is late by 200 ms. */
private class LateTimer(
    private val time: ManualTime,
) : RetryTimer by time {
    override fun schedule(
        delayNanos: Long,
        action: Runnable,
    ) = time.schedule(delayNanos + 200_000_000, action)
}

/** A run whose deadline passes before its first attempt can start. */
@OptIn(ExperimentalCoroutinesApi::class)
class LateStartSpec : FunSpec({
    story(
        name = "an initial delay that would reach the deadline does not start",
        configure = { policy(neverBegins) },
        body = { error("an attempt is made") },
        expected =
            """
            told gave up after 0 at 0s: DEADLINE
            throws AttemptTimeoutException (0 attempts, 0 calls, 0s, DEADLINE, first null, recent [])
            """.trimIndent(),
    ) { failure!!.message shouldBe "the 5s of the run leave no time for an attempt" }

    test("a deadline that passes in the initial delay is a failure of the future, not its cancellation") {
        val time = ManualTime()
        val future =
            retry {
                initialDelay(900.milliseconds)
                maxDuration(1.seconds)
                testing { timeSource(time).timer(LateTimer(time)) }
            }.supplyAsync(time.executor) { error("an attempt is made") }
        time.run()
        future.isCancelled shouldBe false
        future
            .failure()
            .shouldBeInstanceOf<AttemptTimeoutException>()
            .retryReport!!
            .stopReason shouldBe StopReason.DEADLINE
    }

    test("a launched run that has no time for an attempt fails visibly") {
        runTest {
            var told: Throwable? = null
            val handler = CoroutineExceptionHandler { _, e -> told = e }
            val retry =
                retry {
                    policy(neverBegins)
                    testing { timeSource(testTimeSource) }
                }
            CoroutineScope(coroutineContext + Job() + handler).launch { retry { error("an attempt is made") } }.join()
            told.shouldBeInstanceOf<AttemptTimeoutException>()
        }
    }

    test("an inner run that has no time for an attempt is retried only if the outer run's rules name it") {
        val inner = retry { policy(neverBegins) }

        fun runs(configure: RetryBuilder.() -> RetryBuilder): Int {
            var calls = 0
            shouldThrow<AttemptTimeoutException> {
                retry {
                    maxAttempts(3)
                    configure()
                }.callBlocking {
                    calls++
                    inner.callBlocking { error("an attempt is made") }
                }
            }
            return calls
        }
        runs { on<IllegalStateException>() } shouldBe 1
        runs { on<AttemptTimeoutException>() } shouldBe 3
    }
})
