package dev.reprise.workflow.model

/**
 * The state of an atom (a task or a controller). [AllowedTransitions][dev.reprise.workflow.spi.AllowedTransitions] lists the transitions,
 * with reasons.
 */
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

    /** Its revert has thrown; it is unknown what was reverted. */
    REVERT_FAILURE,

    /** A controller is about to make another attempt. */
    RETRYING,

    /** A decider returned false, so it did not run. It counts as done. */
    IGNORE,
}
