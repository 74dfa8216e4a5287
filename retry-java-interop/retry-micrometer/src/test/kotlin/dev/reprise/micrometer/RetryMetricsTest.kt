package dev.reprise.micrometer

import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.RetryQueueBuilder
import dev.reprise.queue.model.target
import dev.reprise.retry
import dev.reprise.run.RetryBudget
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.linear
import io.kotest.core.spec.style.FunSpec
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.micrometer.core.instrument.simple.SimpleMeterRegistry
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.launch
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.io.IOException
import java.time.Instant
import java.time.InstantSource
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

private val charge = target("charge")

private fun TestScope.queueOf(settings: RetryQueueBuilder.() -> Unit): RetryQueue =
    RetryQueue.on(InMemoryCallStore { currentTime }) {
        policy { every(1.minutes).maxAttempts(2) }
        settings()
    }

class RetryMetricsTest : FunSpec({
    test("runs and attempts are counted apart, by policy and result") {
        val registry = SimpleMeterRegistry()
        runTest {
            val prices =
                retry {
                    name("prices")
                    every(1.minutes).maxAttempts(3)
                    attemptTimeout(5.seconds)
                    onResult<String> { it == "again" }
                    listener(RetryMetrics(registry))
                    testing { timeSource(testScheduler.timeSource) }
                }
            prices { "done" }
            prices {
                when (number) {
                    1 -> throw IOException()
                    2 -> "again"
                    else -> "done"
                }
            }
            runCatching { prices.invoke<String> { awaitCancellation() } }
            launch { prices.invoke<String> { awaitCancellation() } }.also { delay(1.seconds) }.cancelAndJoin()
        }
        registry.lines() shouldContainExactly
            listOf(
                "reprise.attempts.per.run{policy=prices} 4 of 7",
                "reprise.attempts{policy=prices,result=cancelled} 1",
                "reprise.attempts{policy=prices,result=failed} 1",
                "reprise.attempts{policy=prices,result=ok} 2",
                "reprise.attempts{policy=prices,result=rejected} 1",
                "reprise.attempts{policy=prices,result=timed_out} 3",
                "reprise.delays{policy=prices} 4 in 240s",
                "reprise.runs{outcome=cancelled,policy=prices} 1 in 1s",
                "reprise.runs{outcome=exhausted,policy=prices} 1 in 135s",
                "reprise.runs{outcome=success,policy=prices} 2 in 120s",
            )
    }

    test("attempts at durable calls are timed by handler, their lag too, and deaths are counted by reason") {
        val registry = SimpleMeterRegistry()
        runTest {
            val queue =
                queueOf {
                    handle(charge) { if (it == "bad") throw IOException() else "paid".also { delay(2.seconds) } }
                    listener(RetryMetrics(registry))
                }
            val late = queue.enqueue(charge, "42")
            delay(10.seconds)
            queue.start(backgroundScope)
            late.awaitEnd()
            queue.enqueue(charge, "bad").awaitEnd()
        }
        registry.lines() shouldContainExactly
            listOf(
                "reprise.call.attempts{handler=charge,result=failed} 2 in 0s",
                "reprise.call.attempts{handler=charge,result=returned} 1 in 2s",
                "reprise.call.lag{handler=charge} 3 in 10s",
                "reprise.dead{handler=charge,reason=exhausted} 1",
            )
    }

    test("runs of workflows are timed by outcome, and reverted tasks are counted") {
        val registry = SimpleMeterRegistry()
        runTest {
            val engine =
                WorkflowEngine {
                    clock = InstantSource { Instant.ofEpochMilli(currentTime) }
                    listener(RetryMetrics(registry))
                }
            engine.execute(linear("trip") { task("fly") { delay(3.seconds) } })
            engine.execute(
                linear("trip") {
                    task("fly") { delay(4.seconds) } revert { }
                    task("stay") { throw IOException() }
                },
            )
        }
        registry.lines() shouldContainExactly
            listOf(
                "reprise.workflow.reverts{workflow=trip} 2",
                "reprise.workflow.runs{outcome=reverted,workflow=trip} 1 in 4s",
                "reprise.workflow.runs{outcome=success,workflow=trip} 1 in 3s",
            )
    }

    test("a budget has a gauge") {
        val registry = SimpleMeterRegistry()
        RetryMetrics(registry).budget("shop", RetryBudget(ratio = 0.0, minRetriesPerSecond = 0.5))
        registry.lines() shouldContainExactly listOf("reprise.budget.available{budget=shop} 5")
    }

    test("from the hundred-and-first name on, all are counted as other") {
        val registry = SimpleMeterRegistry()
        val metrics = RetryMetrics(registry)
        repeat(120) { n ->
            retry {
                name("p$n")
                maxAttempts(1)
                listener(metrics)
            }.callBlocking { }
        }
        registry.find("reprise.runs").timers().size shouldBe 101
        registry
            .get("reprise.runs")
            .tag("policy", "other")
            .timer()
            .count() shouldBe 20L
    }
})
