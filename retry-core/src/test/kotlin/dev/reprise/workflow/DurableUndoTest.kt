@file:OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)

package dev.reprise.workflow

import dev.reprise.internal.jdbc.SqliteDataSource
import dev.reprise.queue.InMemoryCallStore
import dev.reprise.queue.JdbcCallStore
import dev.reprise.queue.QueueOperator
import dev.reprise.queue.RetryQueue
import dev.reprise.queue.model.CallHandle
import dev.reprise.queue.model.CallOptions
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.DeadReason
import dev.reprise.queue.operate.Actor
import dev.reprise.queue.operate.CallQuery
import dev.reprise.queue.operate.OperatorAction
import dev.reprise.queue.spi.CallStore
import dev.reprise.retryPolicy
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.OnEnd
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowState
import dev.reprise.workflow.spi.WorkflowStore
import io.kotest.assertions.throwables.shouldThrow
import io.kotest.core.spec.style.FunSpec
import io.kotest.engine.spec.tempdir
import io.kotest.matchers.collections.shouldContainExactly
import io.kotest.matchers.shouldBe
import io.kotest.matchers.string.shouldContain
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.test.TestScope
import kotlinx.coroutines.test.currentTime
import kotlinx.coroutines.test.runTest
import kotlinx.coroutines.yield
import java.io.File
import java.time.Instant
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds

private val trip = workflowTarget("trip")

/** A flight is booked; the visa takes [visa]. */
private class Booking(
    private val visa: suspend (Int) -> Unit = { delay(20.minutes) },
    private val cancel: () -> Unit = {},
) {
    val said = CopyOnWriteArrayList<String>()
    val begun = CompletableDeferred<Unit>()
    private val undone = CompletableDeferred<Unit>()
    private var visas = 0

    val flow: Workflow =
        linear("trip") {
            task("flight") { said += "booked" } revert {
                cancel()
                said += "cancelled"
                undone.complete(Unit)
            }
            task("visa") {
                begun.complete(Unit)
                visa(++visas)
            }
        }

    suspend fun awaitUndone() = undone.await()
}

private suspend fun TestScope.queue(
    booking: Booking,
    runs: WorkflowStore = InMemoryWorkflowStore(),
    calls: CallStore = InMemoryCallStore { currentTime },
): RetryQueue = RetryQueue.on(calls) { handleWorkflow(trip, booking.flow, WorkflowEngine(runs)) }.also { it.start(backgroundScope) }

private val once =
    retryPolicy {
        every(1.seconds)
        maxAttempts(1)
    }

private suspend fun RetryQueue.trip(options: CallOptions.() -> Unit = {}): CallHandle<Unit> = enqueue(trip, Inputs.NONE, options)

/** The ways a call can end, and those of its run. */
class DurableUndoTest : FunSpec({
    test("the call is cancelled, expires, or is cut in its only attempt: the run is undone") {
        runTest {
            val ends =
                mapOf<String, suspend TestScope.(RetryQueue, Booking) -> CallHandle<Unit>>(
                    "CANCELLED" to { queue, booking ->
                        queue.trip().also {
                            booking.begun.await()
                            queue.cancel(it.cid)
                        }
                    },
                    "EXPIRED" to { queue, _ -> queue.trip { deadline = Instant.ofEpochMilli(currentTime + 60_000) } },
                    "EXHAUSTED" to { queue, _ -> queue.trip { policy(once) } },
                )
            for ((end, start) in ends) {
                val booking = Booking()
                val runs = InMemoryWorkflowStore()
                val queue = queue(booking, runs)
                val call = start(queue, booking).awaitEnd()
                (call.deadReason ?: call.state).toString() shouldBe end
                booking.awaitUndone()
                booking.said shouldContainExactly listOf("booked", "cancelled")
                while (runs.read(call.cid)!!.summary.state != WorkflowState.REVERTED) delay(1.seconds)
                queue.shutdown()
            }
        }
    }

    test("with KEEP the run stays as it is; it can be undone on demand") {
        runTest {
            val booking = Booking()
            val kept = workflowTarget("trip", onEnd = OnEnd.KEEP)
            val queue = queue(booking)
            val call = queue.enqueue(kept, Inputs.NONE) { policy(once) }.awaitEnd()
            delay(10.minutes)
            booking.said shouldContainExactly listOf("booked")
            queue.enqueue(undoTarget(kept), call.cid).await()
            booking.said shouldContainExactly listOf("booked", "cancelled")
            queue.shutdown()
        }
    }

    test("the run of a call that succeeded is undone on demand, that of a call that is live is not") {
        runTest {
            val booking = Booking()
            val queue = queue(booking)
            val handle = queue.trip { policy(retryPolicy { every(1.seconds).maxAttempts(1).attemptTimeout(1.minutes * 60) }) }
            val rejected = queue.enqueue(undoTarget(trip), handle.cid) { policy(once) }.awaitEnd()
            handle.await()
            rejected.deadReason shouldBe DeadReason.REJECTED
            queue.errors(rejected.cid).single().message!! shouldContain "cancel it first"
            queue.enqueue(undoTarget(trip), handle.cid).await()
            booking.said shouldContainExactly listOf("booked", "cancelled")
            queue.shutdown()
        }
    }

    test("an operator has a run undone without the code of its workflow, and is found in the audit") {
        runTest {
            val booking = Booking()
            val calls = InMemoryCallStore { currentTime }
            val queue = queue(booking, calls = calls)
            val operator = QueueOperator.on(calls, Actor("ada"))
            val handle = queue.enqueue(workflowTarget("trip", onEnd = OnEnd.KEEP), Inputs.NONE) { policy(once) }
            shouldThrow<IllegalArgumentException> { operator.undo(handle.cid) }.message shouldContain "cancel it first"
            handle.awaitEnd()
            queue.awaitEnd(operator.undo(handle.cid, "support case 7")).state shouldBe CallState.SUCCEEDED
            booking.said shouldContainExactly listOf("booked", "cancelled")
            operator.audit().items.map { "${it.actor} ${it.action} ${it.reason}" } shouldContainExactly
                listOf("ada via code undo support case 7")
            queue.shutdown()
        }
    }

    test("a call that ends before it began, and one that was rejected, have nothing undone") {
        runTest {
            val booking = Booking(visa = { throw Broken("no visa") }, cancel = { throw Broken("closed") })
            val queue = queue(booking)
            val waiting = queue.trip { delay = 1.minutes }
            queue.cancel(waiting.cid)
            val rejected = queue.trip().awaitEnd()
            rejected.deadReason shouldBe DeadReason.REJECTED
            delay(30.minutes)
            queue.counts().filter { it.handler == "trip/undo" } shouldBe emptyList()
            queue.shutdown()
        }
    }

    test("undoing that fails is retried by the queue, and the replay of the call starts over when it is through") {
        runTest {
            var closed = 2
            val booking = Booking(visa = { if (it == 1) delay(20.minutes) }, cancel = { if (closed-- > 0) throw Broken("closed") })
            val queue = queue(booking)
            val call = queue.trip { policy(once) }.awaitEnd()
            booking.awaitUndone()
            queue.replay { it.cid == call.cid }
            queue.awaitEnd(call.cid).state shouldBe CallState.SUCCEEDED
            booking.said shouldContainExactly listOf("booked", "cancelled", "booked")
            queue.shutdown()
        }
    }

    test("the replay of a call whose undo has not started waits for it, and then starts over") {
        runTest {
            val booking = Booking(visa = { if (it == 1) delay(20.minutes) })
            val queue = queue(booking)
            val call = queue.trip { policy(once) }
            booking.begun.await()
            queue.pause("default")
            queue.awaitEnd(call.cid).deadReason shouldBe DeadReason.EXHAUSTED
            // In the same millisecond: the replayed call is the older one, and is claimed first.
            queue.replay { it.cid == call.cid }
            booking.said shouldContainExactly listOf("booked")
            queue.resume("default")
            queue.awaitEnd(call.cid).let { it.state to it.snoozes } shouldBe (CallState.SUCCEEDED to 1)
            booking.said shouldContainExactly listOf("booked", "cancelled", "booked")
            queue.shutdown()
        }
    }

    test("a call that was rejected is rejected again by each replay, until its run is reset") {
        runTest {
            var isOpen = false
            val booking = Booking(visa = { if (!isOpen) throw Broken("no visa") }, cancel = { throw Broken("closed") })
            val runs = InMemoryWorkflowStore()
            val queue = queue(booking, runs)
            val call = queue.trip().awaitEnd()
            repeat(3) {
                queue.replay { true }
                queue.awaitEnd(call.cid).deadReason shouldBe DeadReason.REJECTED
            }
            booking.said shouldContainExactly listOf("booked")
            isOpen = true
            WorkflowEngine(runs).reset(booking.flow, call.cid)
            queue.replay { true }
            queue.awaitEnd(call.cid).state shouldBe CallState.SUCCEEDED
            queue.shutdown()
        }
    }

    test("an operator who cancels a running call keeps its run, or has it undone, whatever the call was enqueued with") {
        runTest {
            val ends = mapOf(OnEnd.KEEP to OnEnd.UNDO, OnEnd.UNDO to OnEnd.KEEP)
            for ((enqueued, cancelled) in ends) {
                val booking = Booking()
                val calls = InMemoryCallStore { currentTime }
                val queue = queue(booking, calls = calls)
                val handle = queue.enqueue(workflowTarget("trip", onEnd = enqueued), Inputs.NONE)
                booking.begun.await()
                queue.operator(Actor("ada")).act(OperatorAction.Cancel(cancelled), CallQuery.ALL, dryRun = false).changed shouldBe 1
                handle.awaitEnd().state shouldBe CallState.CANCELLED
                if (cancelled == OnEnd.UNDO) booking.awaitUndone() else delay(10.minutes)
                booking.said shouldContainExactly listOf("booked", "cancelled").take(if (cancelled == OnEnd.UNDO) 2 else 1)
                queue.shutdown()
            }
        }
    }

    test("an operator has a run that was rejected start over, once") {
        runTest {
            var isOpen = false
            val booking = Booking(visa = { if (!isOpen) throw Broken("no visa") }, cancel = { throw Broken("closed") })
            val queue = queue(booking)
            val operator = queue.operator(Actor("ada"))
            val call = queue.trip().awaitEnd()
            operator.act(OperatorAction.Replay(), CallQuery.ALL, dryRun = false).skipped shouldBe mapOf("NEEDS_RESET" to 1)

            suspend fun reset() = operator.act(OperatorAction.Replay(reset = true), CallQuery.ALL, dryRun = false).changed shouldBe 1
            reset()
            queue.awaitEnd(call.cid).deadReason shouldBe DeadReason.REJECTED
            booking.said shouldContainExactly listOf("booked", "booked")
            isOpen = true
            reset()
            queue.awaitEnd(call.cid).state shouldBe CallState.SUCCEEDED
            booking.said shouldContainExactly listOf("booked", "booked", "booked")
            queue.shutdown()
        }
    }

    test("on SQLite, in real time: the worker that undoes is stopped, another one continues") {
        val file = SqliteDataSource(File(tempdir(), "trips.db").toPath())
        val calls = JdbcCallStore(file).also { it.migrate() }
        val runs = JdbcWorkflowStore(file).also { it.migrate() }
        val undoes = CompletableDeferred<Unit>()
        val mayEnd = CompletableDeferred<Unit>()
        val said = CopyOnWriteArrayList<String>()
        val begun = CompletableDeferred<Unit>()
        val flow =
            linear("trip") {
                task("flight") { said += "booked" } revert {
                    undoes.complete(Unit)
                    mayEnd.await()
                    said += "cancelled"
                }
                task("visa") {
                    begun.complete(Unit)
                    mayEnd.await()
                }
            }

        fun worker() = RetryQueue.on(calls) { handleWorkflow(trip, flow, WorkflowEngine(runs)) }
        val scope = CoroutineScope(Dispatchers.Default + SupervisorJob())
        val first = worker().also { it.start(scope) }
        val handle = first.enqueue(trip, Inputs.NONE)
        begun.await()
        first.cancel(handle.cid)
        undoes.await()
        first.shutdown(0.seconds)
        mayEnd.complete(Unit)
        val second = worker().also { it.start(scope) }
        while (runs.read(handle.cid)!!.summary.state != WorkflowState.REVERTED) yield()
        said shouldContainExactly listOf("booked", "cancelled")
        second.shutdown()
        scope.cancel()
        runs.close()
        calls.close()
    }
})
