@file:JvmMultifileClass
@file:JvmName("DurableWorkflows")

package dev.reprise.workflow

import dev.reprise.internal.workflow.engine.RunRequest
import dev.reprise.internal.workflow.plan.PlanCache
import dev.reprise.queue.model.CallContext
import dev.reprise.queue.model.CallOutcome
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.PayloadCodec
import dev.reprise.queue.model.Target
import dev.reprise.queue.model.UNDO_REQUESTED
import dev.reprise.queue.model.undoHandlerOf
import dev.reprise.queue.model.undoRequestOf
import dev.reprise.workflow.model.Inputs
import dev.reprise.workflow.model.RunTakenException
import dev.reprise.workflow.model.Workflow
import dev.reprise.workflow.model.WorkflowOutcome
import java.time.InstantSource
import kotlin.time.Duration.Companion.seconds

/**
 * Names the undoing of runs of the durable workflow [target], on demand: `queue.enqueue(undoTarget(trip), cid)` undoes the run of the call `cid`,
 * whatever that ended as, and is retried, found and replayed like every call. The code of the workflow is needed by the worker only. A call that has not
 * ended has to be cancelled first: its undoing is rejected.
 */
public fun undoTarget(target: Target<Inputs, *>): Target<String, Unit> =
    Target(undoHandlerOf(target.name), UndoCodec(target.name), PayloadCodec.None)

/** The handler behind `<name>/undo`: it receives the outcome of a call that was cut off, or the request of an operator in the same form. */
internal fun undoHandler(target: Target<*, *>): Target<CallOutcome, Void?> = Target.callback(undoHandlerOf(target.name))

/** Undoes the run of the call [ended]. Does nothing if that run has not started, or if the call has succeeded since. */
internal suspend fun CallContext.undo(
    engine: WorkflowEngine,
    workflow: Workflow,
    ended: CallOutcome,
): Void? {
    try {
        if (!engine.knows(ended.callCid) || !mayUndo(ended)) return null
        val run = engine.open(PlanCache.planOf(workflow), RunRequest(ended.callCid, clock = InstantSource { now }, isContinuation = true))
        try {
            if (mayUndo(ended)) run.undo().requireUndone()
        } finally {
            run.close()
        }
    } catch (_: RunTakenException) {
        snooze(SOON)
    }
    return null
}

/**
 * Asked again while the run is owned: no worker can continue it meanwhile. A call that is replayed waits until this one has ended; if this one is
 * replayed itself, the other has continued.
 */
private suspend fun CallContext.mayUndo(ended: CallOutcome): Boolean {
    val state = find(ended.callCid)?.state
    val isLive = state != null && !state.isEnd
    val isReplayed = call.attempts >= attempt
    if (isLive && (ended.isRequest || isReplayed)) {
        reject("the call ${ended.callCid} has not ended, so its run is not undone; cancel it first")
    }
    return ended.isRequest || state != CallState.SUCCEEDED
}

private fun WorkflowOutcome.requireUndone() {
    if (this is WorkflowOutcome.Failed) throw failureOf(report)
}

private val SOON = 5.seconds

private val CallOutcome.isRequest: Boolean get() = state == UNDO_REQUESTED

/** The id of a run as the outcome of its call, which is what the handler reads. */
private class UndoCodec(
    private val workflow: String,
) : PayloadCodec<String> {
    override val name: String get() = PayloadCodec.Outcome.name

    override fun encode(value: String): ByteArray = PayloadCodec.Outcome.encode(undoRequestOf(workflow, value))

    override fun decode(
        bytes: ByteArray,
        version: Int,
    ): String = PayloadCodec.Outcome.decode(bytes, version).callCid
}
