package dev.reprise.internal.engine

import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.testing.Broken
import dev.reprise.testing.cancelled
import dev.reprise.testing.coroutineRuns
import dev.reprise.testing.eachRun
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.withContext
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration.Companion.seconds

/** A body that is cancelled ends before anything else happens, and a result that it still returns is not lost. */
@OptIn(ExperimentalCoroutinesApi::class)
class CutSpec : FunSpec({
    eachRun("the body's cleanup is complete before the run ends") {
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

    eachRun("cancelled while a timed-out attempt cleans up: no further attempt") {
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

    eachRun("a timed-out attempt has cleaned up before the next one starts") {
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

    // A flow cannot emit in a scope that is cancelled: that is no place to return a late value.
    val withoutFlow = coroutineRuns.filterNot { "$it" == "flow" }

    eachRun("a body that swallows its timeout and returns a value has succeeded", withoutFlow) {
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

    eachRun("a result that arrives together with the timeout reaches the caller and is not closed", withoutFlow) {
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

    eachRun("a coroutine that a body launches in its attempt is cancelled with it, and the value does not count", withoutFlow) {
        var closed = 0
        shouldThrow<AttemptTimeoutException> {
            retrying({
                attemptTimeout(2.seconds)
                maxAttempts(2)
            }) {
                CoroutineScope(currentCoroutineContext()).launch { delay(600_000) }
                AutoCloseable { closed++ }
            }
        }
        calls shouldBe 2
        closed shouldBe 2
        scope.currentTime shouldBe 4000
    }

    eachRun("a body waits for coroutines that it launches in its attempt, and its value counts if they end in time", withoutFlow) {
        val value =
            retrying({
                attemptTimeout(2.seconds)
                maxAttempts(2)
            }) {
                CoroutineScope(currentCoroutineContext()).launch { delay(1500) }
                "fine"
            }
        value shouldBe "fine"
        calls shouldBe 1
        scope.currentTime shouldBe 1500
    }

    eachRun("the failure of a coroutine that a body launches is the failure of its attempt, immediately", withoutFlow) {
        shouldThrow<Broken> {
            retrying({
                attemptTimeout(2.seconds)
                maxAttempts(2)
            }) {
                CoroutineScope(currentCoroutineContext()).launch {
                    delay(500)
                    throw Broken("launched")
                }
                "fine"
            }
        }
        calls shouldBe 2
        scope.currentTime shouldBe 1000
    }
})
