package dev.reprise.internal.engine

import dev.reprise.policy.AttemptTimeoutException
import dev.reprise.retry
import dev.reprise.run.retryReport
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.test.testTimeSource
import kotlin.coroutines.cancellation.CancellationException
import kotlin.time.Duration.Companion.seconds

/** Emits 1 and, if it is not cancelled during the [delay], 2; it swallows the cancellation. */
private fun swallowing(delay: () -> Long) =
    flow {
        emit(1)
        try {
            delay(delay())
            emit(2)
        } catch (_: CancellationException) {
        }
    }

@OptIn(ExperimentalCoroutinesApi::class)
class FlowCutSpec : FunSpec({
    test("a flow that swallows its cancellation is collected again, so that no element is missing") {
        runTest {
            var collections = 0
            val retry =
                retry {
                    attemptTimeout(1.seconds)
                    maxAttempts(2)
                    testing { timeSource(testTimeSource) }
                }
            swallowing { if (++collections == 1) 10_000 else 100 }.retry(retry).toList() shouldBe listOf(1, 1, 2)
        }
    }

    test("a flow that swallows its last cancellation has failed") {
        runTest {
            var collections = 0
            val retry =
                retry {
                    attemptTimeout(1.seconds)
                    maxAttempts(2)
                    testing { timeSource(testTimeSource) }
                }
            shouldThrow<AttemptTimeoutException> {
                swallowing { 10_000L.also { collections++ } }.retry(retry).toList()
            }.retryReport!!.attempts shouldBe 2
            collections shouldBe 2
        }
    }
})
