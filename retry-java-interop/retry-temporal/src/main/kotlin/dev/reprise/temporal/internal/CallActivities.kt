package dev.reprise.temporal.internal

import io.temporal.activity.ActivityInterface
import io.temporal.activity.ActivityMethod

/** Makes one attempt at a call, in the task queue of its lane. */
@ActivityInterface
internal interface AttemptActivity {
    /** Returns how it ended; a failure of the handler is thrown, and the workflow decides. */
    @ActivityMethod(name = "reprise.Attempt")
    fun attempt(call: CallRecord): SettlementRecord
}

/** Repeats what a process may have failed to do that died while it enqueued. */
@ActivityInterface
internal interface JoinActivity {
    /** The call [cid] gets in line, unless it is there. */
    @ActivityMethod(name = "reprise.Join")
    fun join(
        orderKey: String,
        cid: String,
    )
}
