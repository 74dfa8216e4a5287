package dev.reprise.internal.engine

import dev.reprise.RetryBuilder
import dev.reprise.policy.RetryExhaustedException
import dev.reprise.retry
import dev.reprise.run.StopSignal
import dev.reprise.testing.Broken
import dev.reprise.testing.RunnerUnderTest
import dev.reprise.testing.Story
import dev.reprise.testing.World
import dev.reprise.testing.warningsOf
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.types.shouldBeInstanceOf
import kotlinx.coroutines.CoroutineName
import kotlinx.coroutines.ThreadContextElement
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.withContext
import kotlin.coroutines.AbstractCoroutineContextElement
import kotlin.coroutines.ContinuationInterceptor
import kotlin.coroutines.CoroutineContext
import kotlin.time.Duration.Companion.seconds

private class Resource(
    val number: Int,
    private val failsToClose: Boolean = false,
) : AutoCloseable {
    var closed = 0

    override fun close() {
        closed++
        if (failsToClose) throw Broken("closing $number")
    }

    override fun toString() = "resource $number"
}

/** Like a logging context, it follows the coroutine from thread to thread. */
private class Mdc(
    val value: String,
) : AbstractCoroutineContextElement(Key),
    ThreadContextElement<String?> {
    override fun updateThreadContext(context: CoroutineContext): String? = onThread.get().also { onThread.set(value) }

    override fun restoreThreadContext(
        context: CoroutineContext,
        oldState: String?,
    ) = onThread.set(oldState)

    companion object Key : CoroutineContext.Key<Mdc> {
        val onThread = ThreadLocal<String?>()
    }
}

class ResourcesSpec : FunSpec({
    RunnerUnderTest.all.forEach { runner ->
        fun story(
            made: MutableList<Resource>,
            failsToClose: Boolean = false,
            configure: RetryBuilder.(World) -> Unit,
        ): Story =
            runner.story(configure) { number ->
                Resource(number, failsToClose).also { made += it }
            }

        test("discarded results are closed, the returned one is not: $runner") {
            val made = ArrayList<Resource>()
            story(made) {
                maxAttempts(5)
                onResult<Resource> { it.number < 3 }
            }.value shouldBe made[2]
            made.map { it.closed } shouldContainExactly listOf(1, 1, 0)
        }

        test("the result that a run gives up on stays open for the caller that catches it: $runner") {
            val made = ArrayList<Resource>()
            val failure =
                story(made) {
                    maxAttempts(2)
                    onResult<Resource> { true }
                }.failure
            failure.shouldBeInstanceOf<RetryExhaustedException>().lastResult shouldBe made[1]
            made.map { it.closed } shouldContainExactly listOf(1, 0)
        }

        test("the result that returnLastResult returns is open: $runner") {
            val made = ArrayList<Resource>()
            story(made) {
                maxAttempts(2)
                onResult<Resource> { true }
                returnLastResult()
            }.value shouldBe made[1]
            made.map { it.closed } shouldContainExactly listOf(1, 0)
        }

        test("a result that was closed before the wait is not returned when a stop ends the wait: $runner") {
            val made = ArrayList<Resource>()
            val signal = StopSignal()
            val story =
                story(made) { world ->
                    world.at(1.seconds) { signal.stop() }
                    stopWhen(signal)
                    every(60.seconds)
                    onResult<Resource> { true }
                    returnLastResult()
                }
            made.map { it.closed } shouldContainExactly listOf(1)
            story.failure.shouldBeInstanceOf<RetryExhaustedException>()
        }

        test("a result that needs no closing is returned when a stop ends the wait: $runner") {
            val signal = StopSignal()
            runner
                .story({ world ->
                    world.at(1.seconds) { signal.stop() }
                    stopWhen(signal)
                    every(60.seconds)
                    onResult<String> { true }
                    returnLastResult()
                }) { number -> "busy $number" }
                .value shouldBe "busy 1"
        }

        test("closing that fails is logged and changes nothing: $runner") {
            val made = ArrayList<Resource>()
            val warnings =
                warningsOf {
                    story(made, failsToClose = true) {
                        maxAttempts(5)
                        onResult<Resource> { it.number < 3 }
                    }.value shouldBe
                        made[2]
                }
            warnings.map { it.thrown.message } shouldContainExactly listOf("closing 1", "closing 2")
        }
    }

    test("what a listener throws is logged with the attempt of the event") {
        val warnings =
            warningsOf {
                retry {
                    maxAttempts(1)
                    listener { throw Broken("listener") }
                }.callBlocking { }
            }
        warnings.single().thrown.message shouldBe "listener"
        warnings.single().message.contains("notified of attempt 1") shouldBe true
    }

    val guards: Map<String, RetryBuilder.() -> RetryBuilder> =
        mapOf("plain" to { this }, "heard" to { listener {} }, "guarded" to { stopWhen(StopSignal(), grace = 1.seconds) })
    guards.forEach { (guard, configure) ->
        test("the coroutine's context is the same in every attempt: $guard") {
            runTest {
                val seen = ArrayList<String>()
                withContext(CoroutineName("mine") + Mdc("request 7")) {
                    val dispatcher = currentCoroutineContext()[ContinuationInterceptor]
                    retry {
                        maxAttempts(4)
                        every(1.seconds)
                        configure()
                    }.invoke {
                        delay(10)
                        val context = currentCoroutineContext()
                        seen += "${context[CoroutineName]?.name}, ${Mdc.onThread.get()}, ${context[ContinuationInterceptor] === dispatcher}"
                        if (number < 4) throw Broken("a")
                    }
                }
                seen shouldContainExactly List(4) { "mine, request 7, true" }
            }
        }
    }
})
