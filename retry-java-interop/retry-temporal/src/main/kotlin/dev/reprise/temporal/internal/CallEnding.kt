package dev.reprise.temporal.internal

import dev.reprise.queue.HostedCalls
import dev.reprise.queue.model.CallState
import dev.reprise.queue.model.OnDeadPredecessor
import dev.reprise.queue.spi.StoredCall
import io.temporal.api.enums.v1.ParentClosePolicy
import io.temporal.api.enums.v1.WorkflowIdReusePolicy
import io.temporal.failure.ApplicationFailure
import io.temporal.failure.ChildWorkflowFailure
import io.temporal.workflow.ChildWorkflowOptions
import io.temporal.workflow.SignalExternalWorkflowException
import io.temporal.workflow.Workflow

/** What follows the end of [call], its ending number [number]: its callbacks start, and its order and its unique key learn of it. */
internal class CallEnding(
    private val hosted: HostedCalls,
    private val call: StoredCall,
    private val errors: List<ErrorRecord>,
    private val number: Int,
) {
    fun run() {
        if (call.request.callbacks.isNotEmpty()) callbacks().forEach(::start)
        call.request.orderKey?.let(::leaveOrder)
        call.request.uniqueKey?.let(::freeKey)
    }

    private fun callbacks(): List<CallRecord> =
        Workflow
            .sideEffect(Array<CallRecord>::class.java) {
                hosted.callbacks(call, errors.map { it.toError() }).map { it.toRecord() }.toTypedArray()
            }.toList()

    /** Its id makes sure that it starts once; it outlives this workflow. */
    private fun start(callback: CallRecord) {
        callback.cid = "${call.cid}/cb/${callback.handler}" + if (number > 1) "/$number" else ""
        callback.uniqueKey = null
        val options =
            ChildWorkflowOptions
                .newBuilder()
                .setWorkflowId(callback.cid)
                .setParentClosePolicy(ParentClosePolicy.PARENT_CLOSE_POLICY_ABANDON)
                .setWorkflowIdReusePolicy(WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)
                .build()
        startChild(options, callback)
    }

    private fun leaveOrder(orderKey: String) {
        val blocks = call.state == CallState.DEAD && call.request.onDeadPredecessor == OnDeadPredecessor.BLOCK
        ifOpen { Workflow.newExternalWorkflowStub(OrderWorkflow::class.java, OrderWorkflow.idOf(orderKey)).ended(call.cid, blocks) }
    }

    private fun freeKey(uniqueKey: String) {
        ifOpen { Workflow.newExternalWorkflowStub(KeyWorkflow::class.java, KeyWorkflow.idOf(uniqueKey)).ended() }
    }
}

/** Starts a call as a child with [options]; false if there is a workflow of its id. */
internal fun startChild(
    options: ChildWorkflowOptions,
    call: CallRecord,
): Boolean {
    val child = Workflow.newUntypedChildWorkflowStub(CallWorkflow.TYPE, options)
    child.executeAsync(CallRecord::class.java, call)
    return try {
        child.execution.get()
        true
    } catch (_: ChildWorkflowFailure) {
        false
    }
}

/** Sends a signal to another workflow by [signal]; false if that has ended. */
internal fun ifOpen(signal: () -> Unit): Boolean =
    try {
        signal()
        true
    } catch (_: SignalExternalWorkflowException) {
        false
    } catch (e: ApplicationFailure) {
        // What the SDK throws on the thread of a workflow.
        if (!e.type.startsWith(NOT_SENT)) throw e
        false
    }

private const val NOT_SENT = "SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED"
