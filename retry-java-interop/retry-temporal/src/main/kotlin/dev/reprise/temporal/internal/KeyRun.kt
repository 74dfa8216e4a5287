package dev.reprise.temporal.internal

import io.temporal.api.enums.v1.ParentClosePolicy
import io.temporal.api.enums.v1.WorkflowIdReusePolicy
import io.temporal.workflow.ChildWorkflowOptions
import io.temporal.workflow.Workflow
import java.time.Duration

/** Holds a unique key until its call has ended. Now and then it looks whether the call is there: a workflow that a person terminates sends nothing. */
internal class KeyRun : KeyWorkflow {
    private var hasEnded = false

    override fun run(call: CallRecord) {
        startUnlessStarted(call)
        // A kept key stays taken because the workflow of its id is known, whether it runs or not.
        if (call.keepUniqueKey) return
        do {
            awaitEnd(call.cid)
        } while (call.uniqueForMillis > 0 && Workflow.await(Duration.ofMillis(call.uniqueForMillis)) { !hasEnded })
    }

    /** The process that enqueues starts the call next; if it died in between, that is done here. */
    private fun startUnlessStarted(call: CallRecord) {
        val options =
            ChildWorkflowOptions
                .newBuilder()
                .setWorkflowId(call.cid)
                .setParentClosePolicy(ParentClosePolicy.PARENT_CLOSE_POLICY_ABANDON)
                .setWorkflowIdReusePolicy(WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE)
                .build()
        startChild(options, call)
    }

    private fun awaitEnd(cid: String) {
        var pause = LOOK_AFTER
        while (!Workflow.await(pause) { hasEnded }) {
            if (!ifOpen { Workflow.newExternalWorkflowStub(CallWorkflow::class.java, cid).look() }) hasEnded = true
            pause = minOf(pause.multipliedBy(2), LONGEST_PAUSE)
        }
    }

    override fun ended() {
        hasEnded = true
    }

    override fun held() {
        hasEnded = false
    }

    private companion object {
        val LOOK_AFTER: Duration = Duration.ofHours(1)
        val LONGEST_PAUSE: Duration = Duration.ofDays(1)
    }
}
