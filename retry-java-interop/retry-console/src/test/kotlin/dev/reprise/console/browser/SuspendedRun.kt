package dev.reprise.console.browser

import dev.reprise.console.Showcase
import dev.reprise.queue.event.CallEvent
import dev.reprise.queue.model.CallState
import dev.reprise.queue.operate.CallQuery
import dev.reprise.retryPolicy
import dev.reprise.workflow.WorkflowEngine
import dev.reprise.workflow.handleWorkflow
import dev.reprise.workflow.linear
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.OnEnd
import dev.reprise.workflow.model.byPolicy
import dev.reprise.workflow.workflowTarget
import kotlinx.coroutines.CompletableDeferred
import kotlin.time.Duration.Companion.hours

private val move = workflowTarget("move", onEnd = OnEnd.KEEP)

/** A run that waits for its next attempt, and stays as it is when its call is cancelled; and a worker that can undo it. */
internal class SuspendedRun(
    private val showcase: Showcase,
) : AutoCloseable {
    private val flow =
        linear("move") {
            task("rent van") { } revert { }
            task("book movers") { } revert { }
            linear(
                "keys",
                retry = byPolicy(retryPolicy { every(1.hours).maxAttempts(3) }),
            ) { task("hand over keys") { error("not at home") } }
        }
    private val suspended = CompletableDeferred<Unit>()
    private val worker =
        LiveWorker(showcase) {
            handleWorkflow(move, flow, WorkflowEngine(showcase.workflows))
            listener { if (it is CallEvent.Settled && it.to == CallState.READY) suspended.complete(Unit) }
        }

    /** Returns its id. */
    suspend fun start(): String {
        val call = worker.queue.enqueue(move, Inputs.NONE)
        suspended.await()
        worker.queue.cancel(call.cid)
        call.awaitEnd()
        return call.cid
    }

    suspend fun awaitUndone() {
        val undo = showcase.store.operations.calls(CallQuery.ALL.handlers("move/undo"), null, 1)
        worker.queue.awaitEnd(undo.items.single().cid)
    }

    override fun close() = worker.close()
}
