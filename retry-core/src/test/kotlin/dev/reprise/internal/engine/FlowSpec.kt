package dev.reprise.internal.engine

import dev.reprise.RetryBuilder
import dev.reprise.retry
import dev.reprise.run.retryReport
import dev.reprise.testing.Broken
import dev.reprise.testing.EventLog
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.nulls.shouldBeNull
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeSameInstanceAs
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.ExperimentalCoroutinesApi
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.catch
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.flow.collect
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.StandardTestDispatcher
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.test.testTimeSource
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration.Companion.seconds

/** Emits 1, 2 and fails; from the collection [good] on it ends well. */
private class Flaky(
    private val good: Int,
) {
    var collections = 0

    val flow: Flow<Int> =
        flow {
            val number = ++collections
            emit(1)
            emit(2)
            if (number < good) throw Broken("collection $number")
        }
}

@OptIn(ExperimentalCoroutinesApi::class)
class FlowSpec : FunSpec({
    test("elements that were emitted before a failure stay emitted") {
        runTest {
            Flaky(good = 3).flow.retry(retry { maxAttempts(3) }).toList() shouldBe listOf(1, 2, 1, 2, 1, 2)
        }
    }

    test("each collection is a separate run") {
        runTest {
            val flaky = Flaky(good = Int.MAX_VALUE)
            val log = EventLog()
            val retried =
                flaky.flow.retry(
                    retry {
                        maxAttempts(3)
                        listener(log)
                    },
                )

            repeat(2) { shouldThrow<Broken> { retried.toList() }.retryReport!!.attempts shouldBe 3 }
            flaky.collections shouldBe 6
            log.lines.filter { "gave up" in it }.size shouldBe 2
        }
    }

    test("concurrent collections are independent") {
        runTest {
            val ended = ArrayList<Int>()
            val retried =
                flow<Int> {
                    delay(1)
                    throw Broken("a")
                }.retry(
                    retry {
                        maxAttempts(4)
                        every(1.seconds)
                        testing { timeSource(testTimeSource) }
                    },
                )
            coroutineScope {
                repeat(10_000) {
                    launch {
                        retried.catch { e -> ended += e.retryReport!!.attempts }.collect()
                    }
                }
            }
            ended.groupingBy { it }.eachCount() shouldBe mapOf(4 to 10_000)
        }
    }

    val upstreams: Map<String, TestScope.(Flow<Int>) -> Flow<Int>> =
        mapOf(
            "a plain flow" to { upstream -> upstream },
            "a mapped flow" to { upstream -> upstream.map { it } },
            "a buffered flow" to { upstream -> upstream.buffer() },
            "a flow on another dispatcher" to { upstream -> upstream.flowOn(StandardTestDispatcher(testScheduler)) },
            "a channel flow" to { upstream -> channelFlow { upstream.collect { send(it) } } },
        )
    val guards: Map<String, RetryBuilder.() -> RetryBuilder> = mapOf("" to { this }, ", guarded" to { attemptTimeout(60.seconds) })
    for ((name, upstream) in upstreams) {
        for ((guard, configure) in guards) {
            test("a failure of the collector is thrown unchanged and not retried: $name$guard") {
                runTest {
                    val failure = Broken("collector")
                    val log = EventLog()
                    var collections = 0
                    val retried =
                        upstream(flow { emit(++collections) }).retry(
                            retry {
                                maxAttempts(3)
                                configure()
                                listener(log)
                            },
                        )
                    shouldThrow<Broken> {
                        retried.collect {
                            delay(1)
                            throw failure
                        }
                    } shouldBeSameInstanceAs failure
                    collections shouldBe 1
                    log.lines.map { it.substringBefore(" at") } shouldBe listOf("told cancelled after 0")
                }
            }

            test("a collector that finishes early ends the run: $name$guard") {
                runTest {
                    val retried =
                        upstream(Flaky(good = 1).flow).retry(
                            retry {
                                maxAttempts(3)
                                configure()
                            },
                        )
                    retried.first() shouldBe 1
                    retried.take(2).toList() shouldBe listOf(1, 2)
                }
            }

            test("an element that a rule rejects is not emitted and ends the attempt: $name$guard") {
                runTest {
                    var collections = 0
                    val retried =
                        upstream(flow { (1..3).forEach { emit(it * ++collections) } })
                            .retry(
                                retry {
                                    onResult<Int> { it == 4 }
                                    maxAttempts(3)
                                    configure()
                                },
                            )
                    val elements = retried.toList()
                    elements.contains(4) shouldBe false
                    elements.take(1) shouldBe listOf(1)
                }
            }
        }
    }

    test("a failure of a buffered flow is retried and thrown unchanged") {
        runTest {
            lateinit var seen: Throwable
            val failing = flow<Int> { throw Broken("a") }.buffer().catch { e -> throw e.also { seen = it } }
            shouldThrow<Broken> { failing.retry(retry { maxAttempts(2) }).collect() } shouldBeSameInstanceAs seen
        }
    }

    for ((name, upstream) in upstreams) {
        test("a timeout lets a busy collector finish its element and is not a failure of the collector: $name") {
            runTest {
                var collections = 0
                val two =
                    flow {
                        collections++
                        emit(1)
                        emit(2)
                    }
                val log = EventLog()
                val seen = ArrayList<String>()
                val retry =
                    retry {
                        maxAttempts(3)
                        attemptTimeout(2.seconds)
                        testing { timeSource(testTimeSource) }
                        listener(log)
                    }
                upstream(two).retry(retry).collect {
                    seen += "$it"
                    if (collections < 3) delay(5000)
                    seen += "$it done at $currentTime"
                }
                seen shouldBe listOf("1", "1 done at 5000", "1", "1 done at 10000", "1", "1 done at 10000", "2", "2 done at 10000")
                log.lines.count { "AttemptTimeoutException" in it } shouldBe 2
            }
        }
    }

    test("a collector's failure in an attempt that is being cancelled is the collector's") {
        runTest {
            val failure = Broken("collector")
            val retry =
                retry {
                    maxAttempts(3)
                    attemptTimeout(2.seconds)
                    testing { timeSource(testTimeSource) }
                }
            shouldThrow<Broken> {
                flowOf(1).retry(retry).collect {
                    delay(5000)
                    throw failure
                }
            } shouldBeSameInstanceAs failure
        }
    }

    test("the caller's cancellation reaches a collector that an attempt with a limit feeds") {
        runTest {
            val retry =
                retry {
                    maxAttempts(3)
                    attemptTimeout(20.seconds)
                    testing { timeSource(testTimeSource) }
                }
            withTimeoutOrNull(1000) { flowOf(1).retry(retry).collect { delay(5000) } }.shouldBeNull()
            currentTime shouldBe 1000
        }
    }

    test("with returnLastResult the last rejected element is emitted") {
        runTest {
            var collections = 0
            val retried =
                flow { emit(++collections) }.retry(
                    retry {
                        onResult<Int> { true }
                        maxAttempts(3)
                        returnLastResult()
                    },
                )
            retried.toList() shouldBe listOf(3)
        }
    }

    test("the flow is collected in the caller's context, in every attempt") {
        runTest {
            val names = ArrayList<String?>()
            val named =
                flow {
                    names += currentCoroutineContext()[CoroutineName]?.name
                    emit(names.size)
                    if (names.size < 3) throw Broken("a")
                }
            withContext(CoroutineName("mine")) {
                named
                    .retry(
                        retry {
                            maxAttempts(3)
                            attemptTimeout(60.seconds)
                        },
                    ).toList()
            }
            names shouldContainExactly listOf("mine", "mine", "mine")
        }
    }

    test("an empty flow succeeds") {
        runTest { flowOf<Int>().retry(retry { maxAttempts(3) }).toList() shouldBe emptyList() }
    }
})
