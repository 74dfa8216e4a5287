package dev.reprise.internal.engine

import dev.reprise.run.ForeignCancellationException
import dev.reprise.run.RetryBudget
import dev.reprise.run.StopSignal
import dev.reprise.run.retryReport
import dev.reprise.testing.Broken
import dev.reprise.testing.cancelled
import dev.reprise.testing.eachRun
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.Job
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.job
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runCurrent
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

/** Cancellation belongs to the run's caller: it propagates immediately, is not a failure, and costs no budget. */
@OptIn(ExperimentalCoroutinesApi::class)
class CancellationSpec : FunSpec({
    eachRun("cancelled during an attempt: no retry, no failure, no budget") {
        val left =
            cancelled(1000) {
                retrying({
                    every(1.seconds)
                    maxAttempts(5)
                }) { awaitCancellation() }
            }

        left!!.message shouldBe "enough"
        calls shouldBe 1
        scope.currentTime shouldBe 1000
        shouldTell(listOf("told cancelled after 0 at 1s"))
    }

    eachRun("cancelled with a budget: nothing is withdrawn") {
        val budget = RetryBudget(ratio = 0.0, minRetriesPerSecond = 1.0)
        cancelled(1000) {
            retrying({
                budget(budget)
                every(1.seconds)
            }) { awaitCancellation() }
        }
        budget.available shouldBe 10
    }

    eachRun("cancelled during a delay: the delay ends immediately") {
        val left =
            cancelled(1500) {
                retrying({
                    every(60.seconds)
                    maxAttempts(5)
                }) { throw Broken("a") }
            }

        left!!.message shouldBe "enough"
        calls shouldBe 1
        scope.currentTime shouldBe 1500
        shouldTell(listOf("told 1 failed: a, again in 1m", "told cancelled after 1 at 1.5s"))
    }

    eachRun("cancelled during the initial delay: no attempt") {
        cancelled(1500) {
            retrying({
                initialDelay(60.seconds)
                maxAttempts(5)
            }) { throw Broken("a") }
        }

        calls shouldBe 0
        scope.currentTime shouldBe 1500
    }

    eachRun("cancelled in a loop without delays and suspensions: it ends with the current attempt") {
        val left =
            cancelled(afterMillis = 60_000) {
                val owner = currentCoroutineContext().job
                retrying({ forever() }) {
                    if (calls == 3) owner.cancel()
                    check(calls <= 100) { "the loop never checks its job" }
                    throw Broken("a")
                }
            }
        (left is CancellationException) shouldBe true
        calls shouldBe 3
    }

    eachRun("a timeout around the run is not a failure") {
        withTimeoutOrNull(1000) {
            retrying({
                every(300.milliseconds)
                forever()
            }) { throw Broken("a") }
        }.shouldBeNull()

        calls shouldBe 4
        shouldTell((1..4).map { "told $it failed: a, again in 300ms" } + "told cancelled after 4 at 1s")
    }

    eachRun("a timeout around the run ends a running attempt, and is thrown unchanged") {
        shouldThrow<TimeoutCancellationException> { withTimeout(1000) { retrying({ maxAttempts(5) }) { awaitCancellation() } } }
        calls shouldBe 1
    }

    eachRun("if a timeout inside the body and one around the run coincide, the outer one wins") {
        withTimeoutOrNull(1000) {
            retrying({ maxAttempts(5) }) {
                withTimeout(999) {
                    try {
                        awaitCancellation()
                    } finally {
                        withContext(NonCancellable) { delay(5) }
                    }
                }
            }
        }.shouldBeNull()
        calls shouldBe 1
    }

    eachRun("the cancellation is thrown as the caller created it") {
        val given = CancellationException("enough")
        lateinit var left: Throwable
        val job =
            scope.launch {
                try {
                    retrying({ maxAttempts(5) }) { awaitCancellation() }
                } catch (e: CancellationException) {
                    left = e
                }
            }
        scope.runCurrent()
        job.cancel(given)
        job.join()
        left shouldBeSameInstanceAs given
    }

    eachRun("a timeout inside the body is a failure like any other") {
        lateinit var last: Throwable
        val thrown =
            shouldThrow<TimeoutCancellationException> {
                retrying({
                    on<TimeoutCancellationException>()
                    maxAttempts(3)
                }) {
                    try {
                        withTimeout(100) { awaitCancellation() }
                    } catch (e: TimeoutCancellationException) {
                        last = e
                        throw e
                    }
                }
            }
        calls shouldBe 3
        thrown shouldBeSameInstanceAs last
        thrown.retryReport!!.attempts shouldBe 3
    }

    eachRun("a timeout inside the body that no rule retries ends the run as a failure, not as a cancellation") {
        shouldThrow<TimeoutCancellationException> {
            retrying({
                on<Broken>()
                maxAttempts(3)
            }) { withTimeout(100) { awaitCancellation() } }
        }
        calls shouldBe 1
        shouldTell(
            listOf("told 1 failed: TimeoutCancellationException, no more: NOT_RETRYABLE", "told gave up after 1 at 100ms: NOT_RETRYABLE"),
        )
    }

    eachRun("the cancellation of another job is not retried and never looks like the caller's") {
        val dead = Job().apply { cancel(CancellationException("not yours")) }
        lateinit var last: Throwable
        val thrown =
            shouldThrow<ForeignCancellationException> {
                retrying({ maxAttempts(3) }) {
                    try {
                        dead.ensureActive()
                    } catch (e: CancellationException) {
                        last = e
                        throw e
                    }
                }
            }
        calls shouldBe 1
        thrown.cause shouldBeSameInstanceAs last
        currentCoroutineContext().job.isActive shouldBe true
    }

    eachRun("a body that turns its cancellation into a failure is still cancelled") {
        val left =
            cancelled(1000) {
                retrying({ maxAttempts(5) }) {
                    try {
                        awaitCancellation()
                    } catch (_: CancellationException) {
                        throw Broken("late")
                    }
                }
            }
        left!!.message shouldBe "enough"
        calls shouldBe 1
    }

    eachRun("a sibling's failure cancels the run and reaches the parent unchanged") {
        val failure = Broken("sibling")
        val thrown =
            shouldThrow<Broken> {
                coroutineScope {
                    launch {
                        retrying({
                            every(1.seconds)
                            forever()
                        }) { throw Broken("a") }
                    }
                    launch {
                        delay(2500)
                        throw failure
                    }
                }
            }
        thrown.message shouldBe "sibling"
        calls shouldBe 3
    }

    eachRun("stopped and cancelled at the same instant: cancelled") {
        val signal = StopSignal()
        lateinit var job: Job
        job =
            scope.launch {
                retrying({
                    stopWhen(signal)
                    every(60.seconds)
                }) { throw Broken("a") }
            }
        scope.runCurrent()
        signal.stop()
        job.cancelAndJoin()

        job.isCancelled shouldBe true
        shouldTell(listOf("told 1 failed: a, again in 1m", "told cancelled after 1 at 0s"))
    }
})
