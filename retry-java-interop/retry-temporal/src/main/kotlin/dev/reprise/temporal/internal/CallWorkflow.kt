package dev.reprise.temporal.internal

import io.temporal.workflow.QueryMethod
import io.temporal.workflow.SignalMethod
import io.temporal.workflow.WorkflowInterface
import io.temporal.workflow.WorkflowMethod

/** One call, from its acceptance to its end. The names are what a person sees in Temporal, and sends from there. */
@WorkflowInterface
internal interface CallWorkflow {
    /** Returns the call as it ended, unless it is dead: then the workflow fails with the type [DEAD]. */
    @WorkflowMethod(name = TYPE)
    fun run(call: CallRecord): CallRecord

    /** Cancels the call. */
    @SignalMethod(name = "cancel")
    fun cancel()

    /** Makes a call due now that waits. */
    @SignalMethod(name = "retryNow")
    fun retryNow()

    /** Makes a call that waits due at another time, in milliseconds since 1970-01-01 UTC. */
    @SignalMethod(name = "reschedule")
    fun reschedule(dueAt: Long)

    /** Gives the call another policy, in its notation. */
    @SignalMethod(name = "policy")
    fun policy(notation: String)

    /** It is the turn of this call in its order. */
    @SignalMethod(name = "turn")
    fun turn()

    /** Does nothing: it fails if the call has ended. */
    @SignalMethod(name = "look")
    fun look()

    /** The call at this moment. */
    @QueryMethod(name = "call")
    fun call(): CallRecord

    companion object {
        const val TYPE = "reprise.Call"
    }
}

/** The calls of one order key, one after the other. It ends when there is none, and starts again with the next one. */
@WorkflowInterface
internal interface OrderWorkflow {
    /** Runs with what an earlier run left. */
    @WorkflowMethod(name = TYPE)
    fun run(order: OrderRecord)

    /** The call [cid] gets in line. */
    @SignalMethod(name = "join")
    fun join(cid: String)

    /** The call [cid] has ended; if [blocks], it is dead and the others wait for its replay. */
    @SignalMethod(name = "ended")
    fun ended(
        cid: String,
        blocks: Boolean,
    )

    /** The line at this moment. */
    @QueryMethod(name = "order")
    fun order(): OrderRecord

    companion object {
        const val TYPE = "reprise.Order"

        /** The id of the workflow of an order key. */
        fun idOf(orderKey: String): String = "o/$orderKey"
    }
}

/** Holds a unique key for one call: as long as this workflow runs, no other with its id starts. */
@WorkflowInterface
internal interface KeyWorkflow {
    /** Holds the key until [call] has ended. */
    @WorkflowMethod(name = TYPE)
    fun run(call: CallRecord)

    /** The call has ended. */
    @SignalMethod(name = "ended")
    fun ended()

    /** The call is replayed. */
    @SignalMethod(name = "held")
    fun held()

    companion object {
        const val TYPE = "reprise.Key"

        /** The memo with the id of the call that has the key. */
        const val HOLDER = "cid"

        /** The id of the workflow of a unique key. */
        fun idOf(uniqueKey: String): String = "u/$uniqueKey"
    }
}
