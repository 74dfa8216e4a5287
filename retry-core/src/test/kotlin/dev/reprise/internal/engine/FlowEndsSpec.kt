package dev.reprise.internal.engine

import dev.reprise.RetryBuilder
import dev.reprise.retry
import dev.reprise.run.StopSignal
import dev.reprise.testing.Broken
import dev.reprise.testing.EventLog
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.onEach
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.takeWhile
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.test.testTimeSource
import java.io.IOException
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds

private val guards: Map<String, RetryBuilder.() -> RetryBuilder> =
    mapOf("heard" to { this }, "guarded" to { stopWhen(StopSignal(), grace = 1.seconds) })

/** A flow whose clean-up fails. */
@Suppress("ThrowingExceptionFromFinally")
private val failsAtTheEnd: Flow<Int> =
    flow {
        try {
            emit(1)
            emit(2)
        } finally {
            throw IOException("flush failed")
        }
    }

@OptIn(ExperimentalCoroutinesApi::class)
private fun TestScope.two(
    log: EventLog,
    configure: RetryBuilder.() -> RetryBuilder,
) = retry {
    maxAttempts(2)
    listener(log)
    testing { timeSource(testTimeSource) }
    configure()
}

/** How a collection ends if its collector ends it, and when it starts over. */
@OptIn(ExperimentalCoroutinesApi::class)
class FlowEndsSpec : FunSpec({
    for ((guard, always) in guards) {
        test("a flow that fails after its collector has finished fails with its own failure: $guard") {
            runTest {
                shouldThrow<IOException> { failsAtTheEnd.retry(two(EventLog(), always)).first() }.message shouldBe "flush failed"
            }
        }

        test("if a flow and its collector both fail, neither failure is lost: $guard") {
            runTest {
                val log = EventLog()
                val failing = failsAtTheEnd.retry(two(log, always)).onEach { throw IllegalStateException("downstream") }
                val failure = shouldThrow<IOException> { failing.toList() }
                failure.message shouldBe "flush failed"
                failure.suppressed.map { it.message } shouldContainExactly listOf("downstream")
                log.lines shouldContainExactly listOf("told cancelled after 0 at 0s")
            }
        }

        val enough: Map<String, suspend Flow<Int>.() -> List<Int>> =
            mapOf(
                "first" to { listOf(first()) },
                "take" to { take(1).toList() },
                "takeWhile" to { takeWhile { it < 2 }.toList() },
            )
        for ((how, collect) in enough) {
            test("a collector that finishes early ends the run as a success: $how, $guard") {
                runTest {
                    val log = EventLog()
                    val numbers = flowOf(1, 2, 3).retry(two(log, always))
                    numbers.collect() shouldContainExactly listOf(1)
                    log.lines shouldContainExactly listOf("told 1 succeeded at 0s")
                }
            }
        }

        test("a collector that finishes early after a failure ends the run as a success: $guard") {
            runTest {
                val log = EventLog()
                var collections = 0
                flow {
                    if (++collections == 1) throw Broken("a")
                    emit(7)
                }.retry(two(log, always)).first() shouldBe 7
                log.lines shouldContainExactly listOf("told 1 failed: a, again in 0s", "told 2 succeeded at 0s")
            }
        }
    }

    /** A feed that emits two elements between its breaks. */
    fun feed(breaks: Int): Flow<Int> {
        var collections = 0
        return flow {
            val first = collections++ * 2
            emit(first)
            emit(first + 1)
            if (collections <= breaks) throw Broken("break $collections")
        }
    }

    test("a feed with a reset after an element counts each break as the first") {
        runTest {
            val log = EventLog()
            val patient =
                retry {
                    linear(10.milliseconds)
                    maxAttempts(2)
                    listener(log)
                    testing { timeSource(testTimeSource) }
                }
            feed(breaks = 3).retry(patient, startOverAfterElement = true).toList() shouldContainExactly (0..7).toList()
            log.lines shouldContainExactly
                listOf(
                    "told 1 failed: break 1, again in 10ms",
                    "told 1 failed: break 2, again in 10ms",
                    "told 1 failed: break 3, again in 10ms",
                    "told 2 succeeded at 10ms",
                )
            shouldThrow<Broken> { feed(breaks = 3).retry(patient).toList() }.message shouldBe "break 2"
        }
    }

    test("a feed that breaks before an element does not start over") {
        runTest {
            var collections = 0
            val dead = flow<Int> { throw Broken("break ${++collections}") }
            shouldThrow<Broken> { dead.retry(two(EventLog()) { this }, startOverAfterElement = true).toList() }.message shouldBe "break 2"
        }
    }
})
