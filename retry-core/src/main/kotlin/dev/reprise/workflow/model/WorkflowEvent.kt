package dev.reprise.workflow.model

/**
 * What a [WorkflowListener] is told. Each state is saved before it is told, and told before anything else happens.
 *
 * ```
 * WorkflowMoved RUNNING
 *   AtomMoved RUNNING, then SUCCESS or FAILURE
 *     Progressed, as often as a task says so
 *   AtomMoved REVERTING, then REVERTED or REVERT_FAILURE
 * WorkflowMoved SUCCESS, REVERTED, FAILURE or SUSPENDED
 * ```
 */
public sealed interface WorkflowEvent {
    /** A task or a controller entered the state [to]. */
    public class AtomMoved internal constructor(
        /** The name of the atom. */
        public val atom: String,
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
    ) : WorkflowEvent {
        /** The name and the state. */
        override fun toString(): String = "$atom $to"
    }

    /** The run entered the state [to]. */
    public class WorkflowMoved internal constructor(
        /** The name of the workflow. */
        public val workflow: String,
        /** The state it left. */
        public val from: WorkflowState,
        /** The state it is in now. */
        public val to: WorkflowState,
    ) : WorkflowEvent {
        /** The name and the state. */
        override fun toString(): String = "$workflow $to"
    }

    /** A task told how far it has come. */
    public class Progressed internal constructor(
        /** The name of the task. */
        public val atom: String,
        /** From 0 to 1. */
        public val fraction: Double,
    ) : WorkflowEvent {
        /** The name and the fraction. */
        override fun toString(): String = "$atom $fraction"
    }
}
