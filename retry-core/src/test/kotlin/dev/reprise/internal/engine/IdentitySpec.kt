package dev.reprise.internal.engine

import dev.reprise.RetryBuilder
import dev.reprise.policy.Rethrow
import dev.reprise.retry
import dev.reprise.run.NestedRetries
import dev.reprise.run.RetryBudget
import dev.reprise.run.RetryReport
import dev.reprise.run.StopSignal
import dev.reprise.run.retryReport
import dev.reprise.testing.Broken
import dev.reprise.testing.eachRun
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import io.kotest.matchers.types.shouldBeSameInstanceAs
import io.kotest.matchers.types.shouldNotBeSameInstanceAs
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.async
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.supervisorScope
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import kotlinx.coroutines.yield
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds

/**
 * With assertions on, kotlinx.coroutines replaces an exception that crosses a scope by a copy with a recovered stack trace. What the body threw reaches the
 * caller as the same instance nevertheless.
 */
@OptIn(ExperimentalCoroutinesApi::class)
class IdentitySpec : FunSpec({
    test("exceptions are copied in these tests, otherwise the other tests prove nothing") {
        runTest {
            val thrown = Broken("a")
            val caught =
                shouldThrow<Broken> {
                    coroutineScope {
                        yield()
                        throw thrown
                    }
                }
            caught shouldNotBeSameInstanceAs thrown
        }
    }

    val ways: Map<String, RetryBuilder.() -> RetryBuilder> =
        mapOf(
            "nothing else" to { this },
            "waits" to { every(1.seconds) },
            "an initial delay" to { initialDelay(1.seconds) },
            "a deadline" to { maxDuration(1.hours) },
            "an attempt timeout" to { attemptTimeout(1.hours) },
            "a stop" to { stopWhen(StopSignal()) },
            "a stop with grace" to { stopWhen(StopSignal(), grace = 1.seconds) },
            "a listener" to { listener {} },
            "a budget" to { budget(RetryBudget()) },
            "a rule about results" to { onResult<Int> { it == 0 } },
            "nested runs suppressed" to { nestedRetries(NestedRetries.SUPPRESS) },
        )
    ways.forEach { (way, configure) ->
        eachRun("the failure itself is thrown, with $way") {
            val thrown = listOf(Broken("1"), Broken("2"), Broken("3"))
            val caught =
                shouldThrow<Broken> {
                    retrying({
                        maxAttempts(3)
                        configure()
                    }) {
                        yield()
                        throw thrown[calls - 1]
                    }
                }
            caught shouldBeSameInstanceAs thrown.last()
            caught.retryReport!!.recentFailures.forEachIndexed { i, failure -> failure shouldBeSameInstanceAs thrown[i] }
            caught.suppressed.single().shouldBeInstanceOf<RetryReport>()
        }
    }

    eachRun("the first failure itself is thrown") {
        val thrown = listOf(Broken("1"), Broken("2"), Broken("3"))
        shouldThrow<Broken> {
            retrying({
                maxAttempts(3)
                rethrow(Rethrow.FIRST)
            }) {
                yield()
                throw thrown[calls - 1]
            }
        } shouldBeSameInstanceAs thrown.first()
    }

    eachRun("a failure that crossed a dispatcher is thrown as the body threw it") {
        lateinit var last: Throwable
        val caught =
            shouldThrow<Broken> {
                retrying({ maxAttempts(2) }) {
                    try {
                        withContext(StandardTestDispatcher(scope.testScheduler)) { throw Broken("far") }
                    } catch (e: Broken) {
                        last = e
                        throw e
                    }
                }
            }
        caught shouldBeSameInstanceAs last
    }

    eachRun("a failure that another coroutine ended with is thrown as the body threw it") {
        val thrown = Broken("far")
        lateinit var last: Throwable
        val caught =
            shouldThrow<Broken> {
                retrying({ maxAttempts(2) }) {
                    try {
                        supervisorScope { async { throw thrown }.await() }
                    } catch (e: Broken) {
                        last = e
                        throw e
                    }
                }
            }
        caught shouldBeSameInstanceAs last
        caught.retryReport!!.attempts shouldBe 2
    }

    test("nested runs throw the innermost failure unchanged") {
        runTest {
            val thrown = Broken("deep")
            val guarded =
                retry {
                    maxAttempts(2)
                    attemptTimeout(1.hours)
                }
            val plain =
                retry {
                    maxAttempts(2)
                    every(1.seconds)
                }
            shouldThrow<Broken> {
                guarded {
                    plain {
                        guarded {
                            yield()
                            throw thrown
                        }
                    }
                }
            } shouldBeSameInstanceAs thrown
            thrown.suppressed.size shouldBe 1
        }
    }
})
