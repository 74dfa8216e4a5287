package dev.reprise.workflow.model

/** The state of a whole run. Nested workflows have no separate state. */
public enum class WorkflowState {
    /** Nothing has run, or the run was reset. */
    PENDING,

    /** Atoms are running. */
    RUNNING,

    /** Every atom has succeeded or was skipped. */
    SUCCESS,

    /** A revert failed, or the run could not continue: an operator has to look at it. */
    FAILURE,

    /** Nothing is left to do and not everything succeeded. The report lists what was not reverted. */
    REVERTED,

    /** A suspension was requested; running tasks can end. */
    SUSPENDING,

    /** The run is suspended with work left; running it again continues. */
    SUSPENDED,

    /** A run that another process left unfinished is being resumed. */
    RESUMING,
}
