@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.workflow

import dev.reprise.internal.jdbc.SqliteDataSource
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.Target
import dev.reprise.retryPolicy
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.byPolicy
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.comparables.shouldBeLessThan
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.Job
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.plus
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.io.File
import java.io.IOException
import java.time.Instant
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

private val orders = workflowTarget("order")

private class Order(
    private val delay: Duration,
    private val failures: Int = 1,
    private val now: () -> Long,
) {
    val said = ArrayList<String>()
    private var charges = 0

    val flow: Workflow =
        linear("order") {
            task("reserve") { say("reserved") } revert { say("released") }
            linear(
                "pay",
                retry =
                    byPolicy(
                        retryPolicy {
                            every(delay)
                            maxAttempts(5)
                        },
                    ),
            ) {
                task("charge") {
                    say("charge")
                    if (++charges <= failures) throw IOException("bank")
                }
            }
        }

    private fun say(what: String) {
        said += "$what ${now()}"
    }
}

private fun TestScope.minute(): Long = currentTime.milliseconds.inWholeMinutes

/** A durable workflow that waits for a controller is snoozed until then. */
class DurableWaitTest : FunSpec({
    test("a delay that is longer than an attempt may take passes between attempts, and is not a failure") {
        runTest {
            val order = Order(20.minutes, failures = 3) { minute() }
            val queue = RetryQueue.on(InMemoryCallStore { currentTime }) { handleWorkflow(orders, order.flow, WorkflowEngine()) }
            queue.start(backgroundScope)
            val call = queue.enqueue(orders, Inputs.NONE).awaitEnd()
            call.state shouldBe CallState.SUCCEEDED
            order.said shouldContainExactly listOf("reserved 0", "charge 0", "charge 20", "charge 40", "charge 60")
            listOf(call.attempts, call.failures, call.snoozes) shouldContainExactly listOf(1, 0, 3)
        }
    }

    test("a worker that is stopped in the middle of a delay costs nothing of it, and waiting workflows leave their places in the lane") {
        runTest {
            val all = List(10) { Order(60.minutes) { minute() } }
            val targets = List(10) { workflowTarget("order$it") }
            val quick = Target("quick", PayloadCodec.Text, PayloadCodec.Text)
            val calls = InMemoryCallStore { currentTime }
            val runs = InMemoryWorkflowStore()

            fun worker() =
                RetryQueue.on(calls) {
                    targets.forEachIndexed { i, it -> handleWorkflow(it, all[i].flow, WorkflowEngine(runs)) }
                    handle(quick) { "at ${minute()}" }
                }
            val first = worker()
            first.start(backgroundScope + Job())
            val handles = targets.map { first.enqueue(it, Inputs.NONE) }
            testScheduler.advanceTimeBy(50.minutes)
            first.enqueue(quick, "").await() shouldBe "at 50"
            first.shutdown(0.seconds)
            val second = worker()
            second.start(backgroundScope)
            handles.forEach { second.find(it.cid)!!.dueAt.toEpochMilli() shouldBe 60.minutes.inWholeMilliseconds }
            testScheduler.advanceTimeBy(11.minutes)
            all.forEach { it.said shouldContainExactly listOf("reserved 0", "charge 0", "charge 60") }
            second.shutdown(0.seconds)
        }
    }

    test("a short delay passes in the attempt") {
        runTest {
            val order = Order(500.milliseconds) { currentTime }
            val queue = RetryQueue.on(InMemoryCallStore { currentTime }) { handleWorkflow(orders, order.flow, WorkflowEngine()) }
            queue.start(backgroundScope)
            val call = queue.enqueue(orders, Inputs.NONE).awaitEnd()
            call.state to call.snoozes shouldBe (CallState.SUCCEEDED to 0)
        }
    }

    test("a workflow that is invoked without storing the call waits in the caller") {
        runTest {
            val order = Order(2.hours) { minute() }
            val queue = RetryQueue.on(InMemoryCallStore { currentTime }) { handleWorkflow(orders, order.flow, WorkflowEngine()) }
            queue.start(backgroundScope)
            queue.invoke(orders, Inputs.NONE) { maxAttempts(1) }
            order.said shouldContainExactly listOf("reserved 0", "charge 0", "charge 120")
        }
    }

    test("a task with a limit of its own may take longer than an attempt; another task is cut and starts again") {
        runTest {
            val said = ArrayList<String>()
            val flow =
                linear("film") {
                    task("upload") {
                        said += "upload ${minute()}"
                        delay(10.minutes)
                    }
                    task("encode") {
                        said += "encode ${minute()}"
                        delay(3.hours)
                    }.timeout(4.hours)
                    task("publish") {
                        said += "publish ${minute()}"
                        delay(if (said.size == 3) 10.minutes else 1.minutes)
                    }
                }
            val films = workflowTarget("film")
            val queue = RetryQueue.on(InMemoryCallStore { currentTime }) { handleWorkflow(films, flow, WorkflowEngine()) }
            queue.start(backgroundScope)
            val call = queue.enqueue(films, Inputs.NONE) { policy(retryPolicy { every(1.minutes).maxAttempts(3) }) }.awaitEnd()
            call.state shouldBe CallState.SUCCEEDED
            // The attempt has 15 minutes: ten for the upload, and five for the first publication, which is cut.
            said shouldContainExactly listOf("upload 0", "encode 10", "publish 190", "publish 196")
            queue.shutdown()
        }
    }

    test("a task that exceeds its own limit has failed, and the deadline of its call cuts it before that") {
        runTest {
            val said = ArrayList<String>()
            val flow =
                linear("film") {
                    task("upload") { said += "upload ${minute()}" } revert { said += "remove ${minute()}" }
                    task("encode") { delay(3.hours) }.timeout(2.hours)
                }
            val films = workflowTarget("film")
            val queue = RetryQueue.on(InMemoryCallStore { currentTime }) { handleWorkflow(films, flow, WorkflowEngine()) }
            queue.start(backgroundScope)
            val once = retryPolicy { every(1.minutes).maxAttempts(1) }
            val call = queue.enqueue(films, Inputs.NONE) { policy(once) }.awaitEnd()
            queue.errors(call.cid).single().message shouldBe "attempt 1 timed out after 2h"
            said shouldContainExactly listOf("upload 0", "remove 120")
            val late = queue.enqueue(films, Inputs.NONE) { deadline = Instant.ofEpochMilli(currentTime + 30.minutes.inWholeMilliseconds) }
            late.awaitEnd().deadReason shouldBe DeadReason.EXPIRED
            minute() shouldBe 150
            queue.shutdown()
        }
    }

    test("on SQLite, in real time: a delay longer than the attempt timeout") {
        val file = SqliteDataSource(File(tempdir(), "orders.db").toPath())
        val calls = JdbcCallStore(file).also { it.migrate() }
        val runs = JdbcWorkflowStore(file).also { it.migrate() }
        val order = Order(4.seconds) { 0 }
        coroutineScope {
            val queue =
                RetryQueue.on(calls) {
                    attemptTimeout = 3.seconds
                    handleWorkflow(orders, order.flow, WorkflowEngine(runs))
                }
            queue.start(this)
            val call = queue.enqueue(orders, Inputs.NONE).awaitEnd()
            call.state shouldBe CallState.SUCCEEDED
            call.failures shouldBe 0
            call.snoozes shouldBeLessThan 3
            queue.shutdown()
        }
        order.said shouldContainExactly listOf("reserved 0", "charge 0", "charge 0")
        runs.close()
        calls.close()
    }
})
