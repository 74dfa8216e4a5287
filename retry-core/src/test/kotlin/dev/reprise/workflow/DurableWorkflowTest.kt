@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.workflow

import dev.reprise.internal.jdbc.SqliteDataSource
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.counters
import dev.reprise.queue.model.CallOutcome
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.spi.CallCounters
import dev.reprise.retryPolicy
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.key
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.plus
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import java.io.File
import kotlin.time.Duration.Companion.seconds

private val city = key<String>("city")
private val booking = key<String>("booking")
private val trip = workflowTarget("trip", PayloadCodec.Text)

private fun TestScope.calls() = InMemoryCallStore { currentTime }

private fun trip(book: suspend (String) -> String): Workflow =
    linear("trip") {
        task("book", requires = city, provides = booking) { book(it) }
    }

class DurableWorkflowTest : FunSpec({
    test("a workflow is enqueued as a call: a worker runs it, its result is the response, and the callback is notified") {
        runTest {
            val told = CompletableDeferred<CallOutcome>()
            val queue =
                RetryQueue.on(calls()) {
                    handleWorkflow(trip, trip { "booked in $it" }, WorkflowEngine()) { it[booking] }
                    callback("done") { told.complete(it) }
                }
            queue.start(backgroundScope)
            val handle = queue.enqueue(trip, Inputs.of(city, "Oslo")) { callback("done") }
            handle.await() shouldBe "booked in Oslo"
            told.await().let { listOf(it.ok, it.target, it.response) shouldContainExactly listOf(true, "trip", "booked in Oslo") }
        }
    }

    test("a reverted workflow is a failed attempt: the policy of the call decides whether it starts over") {
        runTest {
            val said = ArrayList<String>()
            val flow =
                linear("trip") {
                    task("pay", requires = city) { said += "pay" } revert { said += "pay back" }
                    task("book", provides = booking) { if (said.size < 3) throw Broken("full") else "booked" }
                }
            val queue = RetryQueue.on(calls()) { handleWorkflow(trip, flow, WorkflowEngine(InMemoryWorkflowStore())) { it[booking] } }
            queue.start(backgroundScope)
            val handle = queue.enqueue(trip, Inputs.of(city, "Oslo"))
            handle.await() shouldBe "booked"
            said shouldContainExactly listOf("pay", "pay back", "pay")
            queue.find(handle.cid)!!.counters shouldBe CallCounters(claims = 2, attempts = 2, failures = 1)
            queue.errors(handle.cid).single().message shouldBe "full"
        }
    }

    test("a failed revert makes the call dead immediately, and names the tasks that were not reverted") {
        runTest {
            val flow =
                linear("trip") {
                    task("pay", requires = city) { } revert { throw Broken("bank is closed") }
                    task("book", provides = booking) { throw Broken("full") }
                }
            val queue = RetryQueue.on(calls()) { handleWorkflow(trip, flow, WorkflowEngine()) { it[booking] } }
            queue.start(backgroundScope)
            val call = queue.enqueue(trip, Inputs.of(city, "Oslo")).awaitEnd()
            call.state to call.deadReason shouldBe (CallState.DEAD to DeadReason.REJECTED)
        }
    }

    test("a worker dies before it has settled a call whose revert failed: the next one rejects it and runs nothing") {
        for (deaths in 1..2) {
            runTest {
                val said = ArrayList<String>()
                val flow =
                    linear("trip") {
                        task("pay", requires = city) { said += "pay" } revert { throw Broken("bank is closed") }
                        task("book", provides = booking) { throw Broken("full") }
                    }
                val engine = WorkflowEngine(InMemoryWorkflowStore())
                val queue = RetryQueue.on(calls()) { handleWorkflow(trip, flow, engine) { it[booking] } }
                val handle = queue.enqueue(trip, Inputs.of(city, "Oslo"))
                repeat(deaths) { engine.execute(flow, Inputs.of(city, "Oslo"), handle.cid) }
                queue.start(backgroundScope)
                val call = handle.awaitEnd()
                call.state to call.deadReason shouldBe (CallState.DEAD to DeadReason.REJECTED)
                said shouldContainExactly listOf("pay")
            }
        }
    }

    test("a worker dies before it has settled a call that was reverted in its only attempt: the next one settles it and runs nothing") {
        runTest {
            val said = ArrayList<String>()
            val flow =
                linear("trip") {
                    task("pay", requires = city) { said += "pay" } revert { said += "pay back" }
                    task("book", provides = booking) { throw Broken("full") }
                }
            val engine = WorkflowEngine(InMemoryWorkflowStore())
            val queue = RetryQueue.on(calls()) { handleWorkflow(trip, flow, engine) { it[booking] } }
            val once =
                retryPolicy {
                    every(1.seconds)
                    maxAttempts(1)
                }
            val handle = queue.enqueue(trip, Inputs.of(city, "Oslo")) { policy(once) }
            engine.execute(flow, Inputs.of(city, "Oslo"), handle.cid)
            queue.start(backgroundScope)
            handle.awaitEnd().deadReason shouldBe DeadReason.EXHAUSTED
            queue.errors(handle.cid).single().message shouldBe "full"
            said shouldContainExactly listOf("pay", "pay back")
        }
    }

    test("a task that throws an InterruptedException itself is a failed attempt") {
        runTest {
            val flow = linear("trip") { task("book", provides = booking) { throw InterruptedException("own") } }
            val queue = RetryQueue.on(calls()) { handleWorkflow(trip, flow, WorkflowEngine()) { it[booking] } }
            queue.start(backgroundScope)
            val twice =
                retryPolicy {
                    every(1.seconds)
                    maxAttempts(2)
                }
            val call = queue.enqueue(trip, Inputs.of(city, "Oslo")) { policy(twice) }.awaitEnd()
            call.deadReason to call.failures shouldBe (DeadReason.EXHAUSTED to 2)
        }
    }

    test("a run that another worker still owns is waited for, and uses up no attempt") {
        runTest {
            val runs = InMemoryWorkflowStore()
            val queue = RetryQueue.on(calls()) { handleWorkflow(trip, trip { "booked" }, WorkflowEngine(runs)) { it[booking] } }
            val handle = queue.enqueue(trip, Inputs.of(city, "Oslo"))
            val taken = runs.open(handle.cid)
            queue.start(backgroundScope)
            testScheduler.advanceTimeBy(12.seconds)
            taken.close()
            handle.await() shouldBe "booked"
            queue.find(handle.cid)!!.counters.let { it.attempts to it.snoozes } shouldBe (1 to 3)
        }
    }

    test("on a database: a worker is stopped in the middle of a run, and another completes it; tasks that have ended do not run again") {
        val file = SqliteDataSource(File(tempdir(), "trips.db").toPath())
        val calls = JdbcCallStore(file).also { it.migrate() }
        val runs = JdbcWorkflowStore(file).also { it.migrate() }
        val said = ArrayList<String>()
        val began = CompletableDeferred<Unit>()
        val flow =
            linear("trip") {
                task("pay", requires = city) { said += "pay" }
                task("book", provides = booking) {
                    said += "book"
                    if (began.complete(Unit)) awaitCancellation() else "booked"
                }
            }

        val told = CompletableDeferred<CallOutcome>()

        fun worker() =
            RetryQueue.on(calls) {
                handleWorkflow(trip, flow, WorkflowEngine(runs)) { it[booking] }
                callback("done") { told.complete(it) }
            }
        coroutineScope {
            val first = worker()
            val life: Job = SupervisorJob()
            first.start(this + life)
            first.enqueue(trip, Inputs.of(city, "Oslo")) { callback("done") }
            began.await()
            first.shutdown(grace = 0.seconds)
            life.cancelAndJoin()
            val second = worker()
            second.start(this)
            told.await().response shouldBe "booked"
            second.shutdown()
        }
        said shouldContainExactly listOf("pay", "book", "book")
        runs.close()
        calls.close()
    }
})
