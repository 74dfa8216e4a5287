package dev.reprise.workflow.model

import java.time.Instant
import kotlin.time.Duration
import kotlin.time.toJavaDuration

/**
 * What a [WorkflowListener] receives. Each state is saved before its event, and nothing else happens before the listeners return.
 *
 * ```
 * RunChanged RUNNING
 *   TaskChanged RUNNING, then SUCCESS or FAILURE
 *     TaskProgressed, as often as the task reports
 *   Decided, for each controller that is called about a failure
 *   TaskChanged REVERTING, then REVERTED or REVERT_FAILURE
 * RunChanged SUCCESS, REVERTED, FAILURE or SUSPENDED
 * ```
 *
 * Later versions can add subtypes.
 */
public sealed class WorkflowEvent(
    /** The id of the run. */
    public val runId: String,
    /** The name of the workflow. */
    public val workflow: String,
    /** When it happened, on the clock of the engine. */
    public val at: Instant,
    /** 1, 2, 3 … for the events of a run, from when it was opened. */
    public val seq: Long,
) {
    /** A task or a controller entered the state [to]. */
    public class TaskChanged internal constructor(
        runId: String,
        workflow: String,
        at: Instant,
        seq: Long,
        /** The name of the task or controller. */
        public val task: String,
        /** True if it is a controller. */
        public val isController: Boolean,
        /** The state it left. */
        public val from: TaskState,
        /** The state it is in now. */
        public val to: TaskState,
        /** What execute (`SUCCESS`) or revert (`REVERTED`) returned. */
        public val result: Any?,
        /** What execute (`FAILURE`) or revert (`REVERT_FAILURE`) threw. */
        public val failure: Throwable?,
        /** How many times execute has started so far, in all attempts and processes. */
        public val execution: Int,
        /** How long execute or revert took, if it ended with this event; otherwise zero. */
        @get:JvmSynthetic
        public val elapsed: Duration,
    ) : WorkflowEvent(runId, workflow, at, seq) {
        /** How long execute or revert took, if it ended with this event; otherwise zero. */
        public fun getElapsed(): java.time.Duration = elapsed.toJavaDuration()

        /** The name and the state. */
        override fun toString(): String = "$task $to"
    }

    /** The controller [controller] was called about a failure in its workflow. */
    public class Decided internal constructor(
        runId: String,
        workflow: String,
        at: Instant,
        seq: Long,
        /** The name of the controller. */
        public val controller: String,
        /** What it answered. */
        public val decision: ControllerDecision,
        /** When the next attempt starts at the earliest: reverting comes before the delay. Null if there is none. */
        public val until: Instant?,
    ) : WorkflowEvent(runId, workflow, at, seq) {
        /** The name and the decision. */
        override fun toString(): String = "$controller decided $decision"
    }

    /** The run entered the state [to]. */
    public class RunChanged internal constructor(
        runId: String,
        workflow: String,
        at: Instant,
        seq: Long,
        /** The state it left. */
        public val from: WorkflowState,
        /** The state it is in now. */
        public val to: WorkflowState,
    ) : WorkflowEvent(runId, workflow, at, seq) {
        /** The name of the workflow and the state. */
        override fun toString(): String = "$workflow $to"
    }

    /** A task reported its progress. */
    public class TaskProgressed internal constructor(
        runId: String,
        workflow: String,
        at: Instant,
        seq: Long,
        /** The name of the task. */
        public val task: String,
        /** From 0 to 1. */
        public val fraction: Double,
    ) : WorkflowEvent(runId, workflow, at, seq) {
        /** The name and the fraction. */
        override fun toString(): String = "$task $fraction"
    }
}

/**
 * Receives the events of a run, one after the other, in the coroutine of the run: the run waits until it returns.
 *
 * An exception that it throws is logged and changes nothing.
 */
public fun interface WorkflowListener {
    /** Called for each event. */
    public fun onEvent(event: WorkflowEvent)
}
