package dev.reprise.engine

import dev.reprise.testing.Broken
import dev.reprise.testing.Trial
import dev.reprise.testing.coroutineRuns
import dev.reprise.testing.eachRun
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
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

/** Runs [block] in a coroutine, cancels that [after] its start, and returns what left the run. */
private suspend fun Trial.cancelled(
    afterMillis: Long,
    block: suspend () -> Unit,
): Throwable? {
    var left: Throwable? = null
    val job =
        scope.launch {
            try {
                block()
            } catch (e: Throwable) {
                left = e
                throw e
            }
        }
    scope.launch {
        delay(afterMillis)
        job.cancel(CancellationException("enough"))
    }
    job.join()
    return left
}

/** Cancellation belongs to whoever owns the run: it leaves at once, it is no failure, and nothing is charged for it. */
@OptIn(ExperimentalCoroutinesApi::class)
class CancellationSpec : FunSpec({
    eachRun("cancelled while an attempt runs: no retry, no failure, no charge") {
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

    eachRun("cancelled with a budget: none of it is taken") {
        val budget = RetryBudget(ratio = 0.0, floorPerSecond = 1.0)
        cancelled(1000) {
            retrying({
                budget(budget)
                every(1.seconds)
            }) { awaitCancellation() }
        }
        budget.available shouldBe 10
    }

    eachRun("cancelled while it waits: it wakes at once") {
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

    eachRun("cancelled while it waits before the first attempt: no attempt") {
        cancelled(1500) {
            retrying({
                initialDelay(60.seconds)
                maxAttempts(5)
            }) { throw Broken("a") }
        }

        calls shouldBe 0
        scope.currentTime shouldBe 1500
    }

    eachRun("cancelled in a loop without waits and without suspensions: it ends with that attempt") {
        val left =
            cancelled(afterMillis = 60_000) {
                val owner = currentCoroutineContext().job
                retrying({ forever() }) {
                    if (calls == 3) owner.cancel()
                    check(calls <= 100) { "the loop never looks at its job" }
                    throw Broken("a")
                }
            }
        (left is CancellationException) shouldBe true
        calls shouldBe 3
    }

    eachRun("a timeout around the run is no failure") {
        withTimeoutOrNull(1000) {
            retrying({
                every(300.milliseconds)
                forever()
            }) { throw Broken("a") }
        }.shouldBeNull()

        calls shouldBe 4
        shouldTell((1..4).map { "told $it failed: a, again in 300ms" } + "told cancelled after 4 at 1s")
    }

    eachRun("a timeout around the run ends a running attempt, and leaves as itself") {
        shouldThrow<TimeoutCancellationException> { withTimeout(1000) { retrying({ maxAttempts(5) }) { awaitCancellation() } } }
        calls shouldBe 1
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
        shouldTell(listOf("told 1 failed: TimeoutCancellationException, no more: ABORTED", "told gave up after 1 at 100ms: ABORTED"))
    }

    eachRun("the cancellation of somebody else's job is a failure and never passes for the caller's") {
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
        calls shouldBe 3
        thrown.cause shouldBeSameInstanceAs last
        currentCoroutineContext().job.isActive shouldBe true
    }

    eachRun("a body that turns its cancellation into a failure is cancelled all the same") {
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

    eachRun("a sibling's failure cancels the run and reaches the parent as itself") {
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

    eachRun("what the body cleans up is cleaned up before the run ends") {
        cancelled(1000) {
            try {
                retrying({ maxAttempts(5) }) {
                    try {
                        awaitCancellation()
                    } finally {
                        withContext(NonCancellable) { delay(5000) }
                        log.add("cleaned at ${scope.currentTime}")
                    }
                }
            } finally {
                log.add("left at ${scope.currentTime}")
            }
        }
        log.lines.filterNot { it.startsWith("told") } shouldContainExactly listOf("cleaned at 6000", "left at 6000")
    }

    eachRun("cancelled while a cut attempt cleans up: no further attempt") {
        val left =
            cancelled(3000) {
                retrying({
                    attemptTimeout(2.seconds)
                    maxAttempts(5)
                }) {
                    try {
                        delay(600_000)
                    } finally {
                        withContext(NonCancellable) { delay(5000) }
                    }
                }
            }
        left!!.message shouldBe "enough"
        calls shouldBe 1
        scope.currentTime shouldBe 7000
        shouldTell(listOf("told cancelled after 0 at 7s"))
    }

    eachRun("a cut attempt has cleaned up before the next one starts") {
        retrying({
            attemptTimeout(2.seconds)
            maxAttempts(2)
        }) {
            log.add("start at ${scope.currentTime}")
            if (calls == 1) {
                try {
                    delay(600_000)
                } finally {
                    withContext(NonCancellable) { delay(5000) }
                }
            }
        }
        log.lines.filterNot { it.startsWith("told") } shouldContainExactly listOf("start at 0", "start at 7000")
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

    // A flow cannot emit in a scope that is cancelled: that is no place to return a late value.
    val withoutFlow = coroutineRuns.filterNot { "$it" == "flow" }

    eachRun("a body that swallows its cut and returns a value has succeeded", withoutFlow) {
        val value =
            retrying({
                attemptTimeout(2.seconds)
                maxAttempts(5)
            }) {
                try {
                    delay(600_000)
                } catch (_: CancellationException) {
                }
                "late but fine"
            }
        value shouldBe "late but fine"
        calls shouldBe 1
    }

    eachRun("a result that arrives together with the cancellation reaches the caller or is closed", withoutFlow) {
        var seen = 0
        cancelled(1000) {
            retrying({ maxAttempts(5) }) {
                try {
                    awaitCancellation()
                } catch (_: CancellationException) {
                }
                AutoCloseable { seen++ }
            }.let { seen++ }
        }
        calls shouldBe 1
        seen shouldBe 1
    }

    eachRun("a result that arrives together with the cut reaches the caller and is not closed", withoutFlow) {
        var closed = 0
        val result =
            retrying({
                attemptTimeout(2.seconds)
                maxAttempts(5)
            }) {
                withContext(NonCancellable) { delay(2000) }
                AutoCloseable { closed++ }
            }
        (result is AutoCloseable) shouldBe true
        calls shouldBe 1
        closed shouldBe 0
    }
})
