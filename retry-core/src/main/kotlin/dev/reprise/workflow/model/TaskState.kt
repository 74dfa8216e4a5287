package dev.reprise.workflow.model

/** Where an atom (a task or a controller) stands. [StateTables][dev.reprise.workflow.spi.AllowedTransitions] says which moves are allowed, and why. */
public enum class TaskState {
    /** It has not run, or it was reset for another attempt. */
    PENDING,

    /** Its execute has been started. */
    RUNNING,

    /** Its execute has returned. */
    SUCCESS,

    /** Its execute has thrown. */
    FAILURE,

    /** Its revert has been started. */
    REVERTING,

    /** Its revert has returned. */
    REVERTED,

    /** Its revert has thrown; it is unknown what is undone. */
    REVERT_FAILURE,

    /** A controller is about to make another attempt. */
    RETRYING,

    /** A decider said that it is not needed. It counts as done. */
    IGNORE,
}
