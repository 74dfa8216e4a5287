package dev.reprise.workflow.model

/** Where a whole run stands. Flows that are nested in it have no state of their own. */
public enum class WorkflowState {
    /** Nothing has run, or the run was reset. */
    PENDING,

    /** Atoms are running. */
    RUNNING,

    /** Every atom has succeeded or was skipped. */
    SUCCESS,

    /** A revert failed, or the run could not continue: an operator has to look at it. */
    FAILURE,

    /** There is nothing more to do and not everything succeeded. What was not undone stands in the report. */
    REVERTED,

    /** A suspension was asked for; what is running may end. */
    SUSPENDING,

    /** The run rests with work left; running it again goes on. */
    SUSPENDED,

    /** A run that another process left in the middle is being read back. */
    RESUMING,
}
